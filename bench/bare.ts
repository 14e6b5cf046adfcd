// What Flyball is compared with: bare node:http in a process of its own. `echo` parses JSON and answers with JSON;
// `handler` calls the benchmarks' function as a server of its own would.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

const handle: (event: unknown) => Promise<unknown> =
  process.argv[2] === "handler"
    ? createRequire(import.meta.url)("./functions/work.cjs").handler
    : async (event) => event;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    const answer = JSON.stringify(await handle(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`ready on http://127.0.0.1:${port}\n`);
});
process.on("SIGINT", () => process.exit());
