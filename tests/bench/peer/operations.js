// The three operations.

import { createHash, createHmac } from "node:crypto";
import { admit, pool, productsList, productsUpsert, quoteLines, quoteRead, transaction }
  from "./database.js";
import { authenticate, judge, Refusal } from "./keys.js";
import { bulk, products, quote } from "./schemas.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SECRET = process.env.PEER_SECRET;

function admission(credential, scope, counted) {
  return admit(credential.org_id, credential.key_id, credential.publicId, scope, counted);
}

async function readQuote(request, reply) {
  const credential = await authenticate(request.headers.authorization);
  const { id } = request.params;
  if (!UUID.test(id)) throw new Refusal(404, "not_found");
  const [verdict, head, lines] = await transaction(
    admission(credential, "quotes:read", true), quoteRead(id), quoteLines(id));
  judge(verdict, reply);
  if (head.rows.length === 0) throw new Refusal(404, "not_found");
  const [found] = head.rows;
  found.lines = lines.rows;
  return found;
}

// A cursor is the last SKU, signed for the organisation.
function sign(orgId, sku) {
  return createHmac("sha256", SECRET).update(`${orgId} ${sku}`).digest("base64url").slice(0, 22);
}

function readCursor(orgId, cursor) {
  if (cursor === undefined) return "";
  const sku = Buffer.from(cursor.slice(22), "base64url").toString();
  if (sign(orgId, sku) !== cursor.slice(0, 22)) throw new Refusal(400, "invalid_cursor");
  return sku;
}

async function listProducts(request, reply) {
  const credential = await authenticate(request.headers.authorization);
  const { limit, cursor } = request.query;
  const after = readCursor(credential.org_id, cursor);
  const [verdict, { rows }] = await transaction(
    admission(credential, "products:read", true), productsList(after, limit + 1));
  judge(verdict, reply);
  if (rows.length <= limit) return { products: rows, next_cursor: null };
  rows.pop();
  const { sku } = rows[limit - 1];
  return { products: rows,
           next_cursor: sign(credential.org_id, sku) + Buffer.from(sku).toString("base64url") };
}

// Counts first, in a transaction of its own: the key's row must not stay locked while rows are written.
async function writeProducts(request, reply) {
  const credential = await authenticate(request.headers.authorization);
  judge(await pool.query(admission(credential, "products:write", true)), reply);
  const rows = request.body.products;
  await transaction(admission(credential, "products:write", false), productsUpsert(rows));
  return { upserted: rows.length, errors: [] };
}

export async function operations(app) {
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.method !== "GET" || reply.statusCode !== 200) return payload;
    const tag = createHash("sha256").update(payload).digest("base64url").slice(0, 16);
    reply.header("Cache-Control", "private, no-cache");
    reply.header("ETag", `W/"${tag}"`);
    return payload;
  });
  app.get("/quotes/:id", { schema: quote }, readQuote);
  app.get("/products", { schema: products }, listProducts);
  app.post("/products/bulk", { schema: bulk }, writeProducts);
}
