import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.GET("/orders", {
  params: { query: { updated_since: "2026-06-01T00:00:00Z", limit: 200 } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const order of data.orders) console.log(order.number, order.status, order.po_reference);
