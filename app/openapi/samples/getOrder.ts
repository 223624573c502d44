import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: order, error } = await kabaido.GET("/orders/{id}", {
  params: { path: { id: process.env.ORDER_ID! } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const line of order.lines) console.log(line.qty, line.description, line.unit_price_minor);
