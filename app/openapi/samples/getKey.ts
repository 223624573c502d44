import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: key, error } = await kabaido.GET("/key");
if (error) throw new Error(`${error.code}: ${error.error}`);
console.log(key.organisation.name, key.scopes, key.remaining);
