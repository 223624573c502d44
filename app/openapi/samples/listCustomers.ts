import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.GET("/customers", {
  params: { query: { search: "tool", limit: 20 } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const customer of data.customers) console.log(customer.id, customer.company, customer.email);
