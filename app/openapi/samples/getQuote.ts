import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: quote, error } = await kabaido.GET("/quotes/{id}", {
  params: { path: { id: process.env.QUOTE_ID! } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const line of quote.lines) console.log(line.qty, line.description, line.unit_price_minor);
