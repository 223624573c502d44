import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const products = [
  { sku: "EM-1204", title: "End mill 12mm", price: "42.50", currency: "GBP" },
  { sku: "EM-1206", title: "End mill 16mm", price: "61.20", currency: "GBP" },
];
const { data, error } = await kabaido.POST("/products/bulk", { body: { products } });
if (error) throw new Error(`${error.code}: ${error.error}`);
console.log(data.upserted, "written");
for (const fault of data.errors) console.log(products[fault.index]?.sku, fault.reason);
