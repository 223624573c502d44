// What comes in and goes out. Fastify compiles the answers' schemas to functions that print them.

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const integer = { type: "integer" };
const integerOrNull = { type: ["integer", "null"] };
const number = { type: "number" };
const numberOrNull = { type: ["number", "null"] };
const record = { type: "object", additionalProperties: true };

const line = {
  type: "object",
  properties: {
    id: text, position: integer, line_type: text, description: text, qty: number, uom: textOrNull,
    unit_price_minor: integer, discount_pct: number, vat_exempt: { type: "boolean" },
    lead_time_days: integerOrNull,
  },
};

const quoteAnswer = {
  type: "object",
  properties: {
    id: text, number: text, status: text, currency: text, subtotal_minor: integer,
    discount_minor: integer, vat_minor: integer, total_minor: integer, valid_until: textOrNull,
    customer_id: textOrNull, sent_at: textOrNull, decided_at: textOrNull, created_at: text,
    updated_at: text, lines: { type: "array", items: line },
  },
};

const product = {
  type: "object",
  properties: {
    id: text, sku: text, title: text, name: text, category: textOrNull, uom: textOrNull,
    price_minor: integerOrNull, currency: text, stock_qty: numberOrNull,
    lead_time_days: integerOrNull, external_id: textOrNull, schema_id: textOrNull, attrs: record,
    created_at: text, updated_at: text,
  },
};

const productsAnswer = {
  type: "object",
  properties: { products: { type: "array", items: product }, next_cursor: textOrNull },
};

const productInput = {
  type: "object",
  required: ["sku", "title", "currency"],
  additionalProperties: false,
  properties: {
    sku: { type: "string", minLength: 1, maxLength: 100 },
    title: { type: "string", minLength: 1, maxLength: 500 },
    category: { type: ["string", "null"], maxLength: 500 },
    uom: { type: ["string", "null"], maxLength: 500 },
    price_minor: { type: ["integer", "null"], minimum: 0 },
    currency: { type: "string", minLength: 3, maxLength: 3 },
    stock_qty: { type: ["number", "null"], minimum: 0 },
    lead_time_days: { type: ["integer", "null"], minimum: 0 },
    attrs: record,
  },
};

export const quote = { response: { 200: quoteAnswer } };

export const products = {
  querystring: {
    type: "object",
    additionalProperties: false,
    properties: { limit: { type: "integer", minimum: 1, maximum: 500, default: 100 },
                  cursor: { type: "string" } },
  },
  response: { 200: productsAnswer },
};

export const bulk = {
  body: {
    type: "object",
    required: ["products"],
    additionalProperties: false,
    properties: {
      products: { type: "array", minItems: 1, maxItems: 10000, items: productInput },
    },
  },
  response: {
    200: { type: "object", properties: { upserted: integer, errors: { type: "array" } } },
  },
};
