import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: customer, error } = await kabaido.GET("/customers/{id}", {
  params: { path: { id: process.env.CUSTOMER_ID! } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const contact of customer.contacts) console.log(contact.name, contact.email, contact.phone);
