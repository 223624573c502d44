// The peer: three of the API's operations as one would write them with Fastify and node-postgres.
// One process a core under node:cluster, behind the same web server, on the same schema.
//
// usage: node server.js SOCKET PROCESSES; PG* say where the database is.

import cluster from "node:cluster";
import { chmodSync, rmSync } from "node:fs";
import Fastify from "fastify";
import { operations } from "./operations.js";

const [socket, processes] = process.argv.slice(2);

async function serve() {
  const app = Fastify({ logger: false, bodyLimit: 16 * 1024 * 1024, exposeHeadRoutes: false });
  app.register(operations, { prefix: "/api/v1" });
  await app.listen({ path: socket, backlog: 4096 });
  chmodSync(socket, 0o666);
  process.send("ready");
}

function lead() {
  let ready = 0;
  rmSync(socket, { force: true });
  cluster.on("message", () => {
    if (++ready === Number(processes)) console.log("ready");
  });
  cluster.on("exit", (worker, code) => {
    console.error(`process ${worker.process.pid} ended with status ${code}`);
    process.exit(1);
  });
  process.on("SIGTERM", () => process.exit(0));
  for (let i = 0; i < Number(processes); i++) cluster.fork();
}

if (cluster.isPrimary) lead();
else {
  process.on("disconnect", () => process.exit(0));
  await serve();
}
