import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.POST("/customers", {
  params: { query: { strict: true } },
  body: { customers: [{ company: "Harrow Gears Ltd", external_id: "C-10077" }] },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
console.log(data.upserted, "written");
