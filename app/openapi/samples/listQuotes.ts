import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.GET("/quotes", {
  params: { query: { status: ["sent", "viewed"], limit: 10 } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const quote of data.quotes) console.log(quote.number, quote.total_minor, quote.currency);
