import { resolve } from "node:path";
import type { LoopingChain, Runtime } from "@flyball/runtime";
import { DEFAULT_ENDPOINT } from "../client.ts";
import { loopLines } from "../loop-report.ts";
import { styled } from "../style.ts";
import { oneOf, parseOptions, portOf, UsageError } from "../usage.ts";

export const help = `flyball start: start the cloud on this machine

  --port <n>          the port to listen on (4566); 0 takes any free one
  --host <host>       the address to listen on, and a name to answer under (127.0.0.1)
  --data-dir <dir>    where everything is kept (.flyball); the next start finds it there
  --ephemeral         keep nothing: forget everything at the end
  --clock <clock>     system; or virtual: time stands still until POST /_flyball/clock moves it (system)
  --stop-uncovered-loops
                      stop loops that AWS would let run, too: those through Step Functions, EventBridge, streams
  --sfn-mock-config <file>
                      answers for the tasks of state machines, in the format of AWS's Step Functions Local; a test
                      case is run by starting <state machine ARN>#<test case> (SFN_MOCK_CONFIG)
  --json              print a line of JSON for each thing that happens

It prints "flyball ready on <endpoint>" when it can take requests, and a few lines whenever it finds a loop.
Ctrl-C stops it. The exit code is 0 then, and 1 when it could not start.
`;

/** Whoever has read the first line may go. */
export const outlivesReader = true;

const DISK_FULL_EVERY_MS = 10_000;

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    port: { type: "string", default: "4566" },
    host: { type: "string", default: "127.0.0.1" },
    "data-dir": { type: "string" },
    ephemeral: { type: "boolean", default: false },
    clock: { type: "string", default: "system" },
    "stop-uncovered-loops": { type: "boolean", default: false },
    "sfn-mock-config": { type: "string" },
    json: { type: "boolean", default: false },
  });
  const port = portOf(options.port);
  const clock = oneOf("clock", options.clock, ["system", "virtual"]);
  if (options.ephemeral && options["data-dir"] !== undefined)
    throw new UsageError("--ephemeral keeps nothing, --data-dir does: give one or the other.");
  const dataDirectory = options.ephemeral ? undefined : resolve(options["data-dir"] ?? ".flyball");
  const mockConfig = options["sfn-mock-config"] ?? process.env.SFN_MOCK_CONFIG;
  const stopped = untilStopped();
  const { DiskFull, startRuntime } = await import("@flyball/runtime");
  const runtime = await startRuntime({
    port,
    host: options.host,
    clock,
    stopUncoveredLoops: options["stop-uncovered-loops"],
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    ...(mockConfig ? { sfnMockConfig: resolve(mockConfig) } : {}),
  }).catch((error: NodeJS.ErrnoException) => {
    throw explained(error, port, options.host);
  });
  report(runtime, options.json, (error) => error instanceof DiskFull);
  if (options.json) write({ event: "ready", endpoint: runtime.endpoint, dataDirectory });
  else process.stdout.write(`flyball ready on ${runtime.endpoint}\n`);
  if (!options.json && process.stdout.isTTY) guide(runtime.endpoint, dataDirectory);
  await stopped;
  await runtime.stop();
  return 0;
}

/** What a person who sits before it may want to know next. */
function guide(endpoint: string, dataDirectory: string | undefined): void {
  const kept = dataDirectory === undefined ? "nothing is kept" : `kept in ${dataDirectory}`;
  const option = endpoint === DEFAULT_ENDPOINT ? "" : ` --endpoint ${endpoint}`;
  const lines = [
    `  ${kept}; Ctrl-C stops it`,
    `  in another shell: eval "$(flyball env${option})", then any AWS client`,
  ];
  process.stdout.write(`${styled("dim", lines.join("\n"))}\n`);
}

/** Resolves at the first Ctrl-C (or SIGTERM, or when its terminal is closed); a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  });
}

function report(
  { notices }: Runtime,
  json: boolean,
  isDiskFull: (error: unknown) => error is Error,
): void {
  notices.on("loop", (stop: LoopingChain) => {
    if (json) write({ event: "loop", ...stop });
    else process.stdout.write(`${loopLines(stop).join("\n")}\n`);
  });
  let nextComplaintAt = 0;
  notices.on("defect", (error: unknown) => {
    if (isDiskFull(error)) {
      // What is done over and over fails over and over: once in a while is enough to know.
      if (performance.now() < nextComplaintAt) return;
      nextComplaintAt = performance.now() + DISK_FULL_EVERY_MS;
      if (json) write({ event: "disk-full", error: error.message });
      else process.stderr.write(`flyball: ${error.message}\n`);
      return;
    }
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
  if (["EACCES", "EADDRNOTAVAIL", "ENOTFOUND"].includes(error.code ?? ""))
    return new Error(`Cannot listen on ${host}:${port}: ${error.message}`);
  return error;
}
