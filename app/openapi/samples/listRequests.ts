import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data, error } = await kabaido.GET("/requests", {
  params: { query: { status: ["open"] } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const request of data.requests) console.log(request.title, request.created_at);
