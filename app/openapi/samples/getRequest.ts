import createClient from "openapi-fetch";
import type { paths } from "./kabaido";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: request, error } = await kabaido.GET("/requests/{id}", {
  params: { path: { id: process.env.REQUEST_ID! } },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
for (const message of request.messages) console.log(message.author, message.body);
