import createClient from "openapi-fetch";
import type { paths } from "./kabaido";
import { randomUUID } from "node:crypto";

const kabaido = createClient<paths>({
  baseUrl: `${process.env.KABAIDO_URL}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.KABAIDO_KEY}` },
});

const { data: request, error } = await kabaido.POST("/requests", {
  params: { header: { "Idempotency-Key": randomUUID() } },
  body: { text: "Please quote 40 pieces of EM-1204, delivered to Leeds." },
});
if (error) throw new Error(`${error.code}: ${error.error}`);
console.log(request.id, request.title);
