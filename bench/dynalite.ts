// dynalite in a process of its own: `node bench/dynalite.ts <directory>`. Like Flyball it has acknowledged a write when
// the operating system has it, and does not wait for the disk.
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

// It has no types of its own.
const dynalite: (options: { path: string; createTableMs: number }) => Server = createRequire(
  import.meta.url,
)("dynalite");

const server = dynalite({ path: process.argv[2] as string, createTableMs: 0 });
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`ready on http://127.0.0.1:${port}\n`);
});
process.on("SIGINT", () => process.exit());
