import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.GET("/products", {
  params: { query: { search: "end mill", limit: 20 } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const product of data.products) console.log(product.sku, product.title, product.price_minor);
