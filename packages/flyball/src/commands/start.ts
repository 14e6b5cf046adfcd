import { resolve } from "node:path";
import type { Runtime, StoppedChain } from "@flyball/runtime";
import { stopLines } from "../loop-report.ts";
import { oneOf, parseOptions, portOf } from "../usage.ts";

export const help = `flyball start: start the cloud on this machine

  --port <n>          the port to listen on (4566; 0 is any free one)
  --host <host>       the address to listen on, and the name to answer under (127.0.0.1)
  --data-dir <dir>    where the state lies (.flyball)
  --ephemeral         keep nothing
  --clock <clock>     system, or virtual: time stands still until POST /_flyball/clock moves it (system)
  --json              a line of JSON for each thing that happens

It prints "flyball ready on <endpoint>" when it can take requests, and stops on Ctrl-C.
`;

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    port: { type: "string", default: "4566" },
    host: { type: "string", default: "127.0.0.1" },
    "data-dir": { type: "string" },
    ephemeral: { type: "boolean", default: false },
    clock: { type: "string", default: "system" },
    json: { type: "boolean", default: false },
  });
  const port = portOf(options.port);
  const clock = oneOf("clock", options.clock, ["system", "virtual"]);
  const dataDirectory = options.ephemeral ? undefined : resolve(options["data-dir"] ?? ".flyball");
  const stopped = untilStopped();
  const { startRuntime } = await import("@flyball/runtime");
  const runtime = await startRuntime({
    port,
    host: options.host,
    clock,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  }).catch((error: NodeJS.ErrnoException) => {
    throw explained(error, port, options.host);
  });
  report(runtime, options.json);
  if (options.json) write({ event: "ready", endpoint: runtime.endpoint, dataDirectory });
  else process.stdout.write(`flyball ready on ${runtime.endpoint}\n`);
  await stopped;
  await runtime.stop();
  return 0;
}

/** Resolves at the first Ctrl-C (or SIGTERM); a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
  });
}

function report({ notices }: Runtime, json: boolean): void {
  notices.on("loop", (stop: StoppedChain) => {
    if (json) write({ event: "loop", ...stop });
    else process.stdout.write(`${stopLines(stop).join("\n")}\n`);
  });
  notices.on("defect", (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (json) write({ event: "defect", error: text });
    else process.stderr.write(`flyball: a defect in Flyball itself: ${text}\n`);
  });
}

function write(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function explained(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === "EADDRINUSE")
    return new Error(
      `Port ${port} on ${host} is taken. "flyball status" says whether by Flyball; --port 0 takes any free one.`,
    );
  if (error.code === "EACCES" || error.code === "EADDRNOTAVAIL")
    return new Error(`Cannot listen on ${host}:${port}: ${error.message}`);
  return error;
}
