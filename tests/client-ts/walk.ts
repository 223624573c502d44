// Walks the whole API with the client that openapi-typescript and openapi-fetch make of the document.
// tests/document/test_typescript.py checks it with tsc --strict, runs it, and sees that it left out no
// operation. It writes into the organisation of KABAIDO_KEY.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./kabaido";

const baseUrl = `${process.env.KABAIDO_URL}/api/v1`;
const kabaido = createClient<paths>({
  baseUrl,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const walked = new Set<string>();
const note: Middleware = {
  onRequest({ request, schemaPath }) {
    walked.add(`${request.method} ${schemaPath}`);
    return undefined;
  },
};
kabaido.use(note);

type Failure = components["schemas"]["Error"];

/** What came, or the error as an exception. */
function taken<T>(answer: { data?: T; error?: Failure; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.url}: ${answer.response.status} ${answer.error?.code}: ${answer.error?.error}`);
  }
  return answer.data;
}

async function walkKey(): Promise<void> {
  const key = taken(await kabaido.GET("/key"));
  const scopes: components["schemas"]["Scope"][] = key.scopes;
  assert.ok(scopes.includes("quotes:read"));
  assert.ok(key.remaining <= key.limit);

  const nobody = createClient<paths>({ baseUrl });
  const { error, response } = await nobody.GET("/key");
  assert.equal(response.status, 401);
  assert.equal(error?.code, "missing_key");

  const described = taken(await kabaido.GET("/openapi.json"));
  assert.equal(described.openapi, "3.1.0");
}

async function walkQuotes(): Promise<void> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < 3; pages++) {
    const page = taken(
      await kabaido.GET("/quotes", { params: { query: { status: ["accepted", "sent"], limit: 5, cursor } } }),
    );
    for (const quote of page.quotes) {
      assert.ok(quote.status === "accepted" || quote.status === "sent");
      assert.equal(quote.total_minor, quote.subtotal_minor - quote.discount_minor + quote.vat_minor);
      assert.ok(!seen.has(quote.id));
      seen.add(quote.id);
    }
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }

  const id = process.env.KABAIDO_QUOTE_ID!;
  const first = await kabaido.GET("/quotes/{id}", { params: { path: { id } } });
  const quote = taken(first);
  assert.equal(quote.number, "Q-1024");
  assert.deepEqual(quote.lines.map((line) => line.position), quote.lines.map((_, place) => place));

  const etag = first.response.headers.get("ETag")!;
  const again = await kabaido.GET("/quotes/{id}", {
    params: { path: { id }, header: { "If-None-Match": etag } },
  });
  assert.equal(again.response.status, 304);

  const { error, response } = await kabaido.GET("/quotes/{id}", { params: { path: { id: randomUUID() } } });
  assert.equal(response.status, 404);
  assert.equal(error?.code, "not_found");
}

async function walkOrders(): Promise<void> {
  const { orders } = taken(
    await kabaido.GET("/orders", { params: { query: { updated_since: "1970-01-01T00:00:00Z", limit: 2 } } }),
  );
  assert.ok(orders.length > 0);
  for (const { id, number } of orders) {
    const order = taken(await kabaido.GET("/orders/{id}", { params: { path: { id } } }));
    assert.equal(order.number, number);
    assert.ok(order.lines.length > 0);
  }
}

async function walkProducts(): Promise<void> {
  const sku = `TS-${randomUUID()}`;
  const bulk = (dry_run: boolean) =>
    kabaido.POST("/products/bulk", {
      params: { query: { dry_run }, header: { "Idempotency-Key": randomUUID() } },
      body: {
        products: [
          { sku, title: "End mill 12mm", price: "42.50", currency: "GBP", flutes: 4 },
          { sku: "", title: "Nothing" },
        ],
      },
    });
  const find = async () =>
    taken(await kabaido.GET("/products", { params: { query: { sku, limit: 1 } } })).products;

  const dry = taken(await bulk(true));
  assert.deepEqual([dry.upserted, dry.errors.map((fault) => fault.index)], [1, [1]]);
  assert.deepEqual(await find(), []);

  assert.equal(taken(await bulk(false)).upserted, 1);
  const [product] = await find();
  assert.equal(product?.price_minor, 4250);
  assert.equal(product?.name, product?.title);
  assert.equal(product?.attrs["flutes"], 4);
}

async function walkCustomers(): Promise<void> {
  const external_id = `TS-${randomUUID()}`;
  const written = taken(
    await kabaido.POST("/customers", {
      params: { query: { strict: true } },
      body: { customers: [{ company: "Harrow Gears Ltd", external_id, phone: "+44 20 7946 0018" }] },
    }),
  );
  assert.deepEqual(written, { upserted: 1, errors: [] });
  const { customers } = taken(await kabaido.GET("/customers", { params: { query: { external_id } } }));
  const id = customers[0]!.id;
  const customer = taken(await kabaido.GET("/customers/{id}", { params: { path: { id } } }));
  assert.equal(customer.contacts[0]?.is_primary, true);
}

async function walkRequests(): Promise<void> {
  const key = randomUUID();
  const open = () =>
    kabaido.POST("/requests", {
      params: { header: { "Idempotency-Key": key } },
      body: {
        text: "40 end mills for March\nPlease quote 40 pieces of EM-1204.",
        customer: { company: "Harrow Gears Ltd", email: "buying@harrow-gears.example" },
      },
    });
  const first = await open();
  const request = taken(first);
  assert.equal(first.response.headers.get("Location"), `/api/v1/requests/${request.id}`);
  assert.equal(request.title, "40 end mills for March");

  const again = await open();
  assert.equal(again.response.headers.get("Idempotency-Replayed"), "true");
  assert.deepEqual(taken(again), request);

  const read = taken(await kabaido.GET("/requests/{id}", { params: { path: { id: request.id } } }));
  assert.equal(read.messages[0]?.author, "customer");
  const { requests } = taken(await kabaido.GET("/requests", { params: { query: { status: ["open"], limit: 200 } } }));
  assert.ok(requests.some((one) => one.id === request.id));
}

await walkKey();
await walkQuotes();
await walkOrders();
await walkProducts();
await walkCustomers();
await walkRequests();
for (const operation of [...walked].sort()) console.log(operation);
