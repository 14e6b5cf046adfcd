import type { Hop, LoopingChain } from "@flyball/runtime";
import { ask, endpointOf, follow } from "../client.ts";
import { HopLines, loopLines, pathLines } from "../loop-report.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball loops: print every loop, and its path: those that were stopped, and those that AWS would let run

  --follow            print each hop and each loop as it happens, until the cloud stops or Ctrl-C
  --hops              print the whole path of each
  --exit-code         exit with 1 when there was a loop (for a pipeline)
  --endpoint <url>    where the cloud is (AWS_ENDPOINT_URL, or http://127.0.0.1:4566)
  --json              as a JSON object; with --follow, one a line for each hop and each loop

The exit code is 0, or 3 when there is no Flyball to ask.
`;

interface Report {
  readonly loops: readonly LoopingChain[];
}

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    follow: { type: "boolean", default: false },
    hops: { type: "boolean", default: false },
    "exit-code": { type: "boolean", default: false },
    endpoint: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const endpoint = endpointOf(options.endpoint);
  if (options.follow) {
    const stops = await followLoops(endpoint, options.json);
    return options["exit-code"] && stops > 0 ? 1 : 0;
  }
  const report = await ask<Report>(endpoint, "GET", "/loops");
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(describe(report, options.hops));
  return options["exit-code"] && report.loops.length > 0 ? 1 : 0;
}

function describe({ loops }: Report, withHops: boolean): string {
  if (loops.length === 0) return "No loop.\n";
  return loops
    .map((stop) => {
      const times = stop.drops === 1 ? "once" : `${stop.drops} times`;
      const since = new Date(stop.firstSeenAt).toISOString();
      const when = stop.stopped
        ? `  stopped  ${since}, refused ${times} since`
        : `  found    ${since}, came round ${times} since`;
      const hops = withHops ? ["  path", ...pathLines(stop.hops)] : [];
      return [...loopLines(stop), when, ...hops, ""].join("\n");
    })
    .join("\n");
}

/** Prints what happens until the cloud is gone. Resolves with how many loops there were. */
async function followLoops(endpoint: string, json: boolean): Promise<number> {
  let stops = 0;
  const hops = new HopLines();
  for await (const line of follow<{ hop?: Hop; loop?: LoopingChain }>(endpoint, "/loops?follow")) {
    if (line.loop) stops += 1;
    if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
    else if (line.hop) {
      const text = hops.lineOf(line.hop);
      if (text !== undefined) process.stdout.write(`${text}\n`);
    } else if (line.loop) process.stdout.write(`${loopLines(line.loop).join("\n")}\n`);
  }
  process.stderr.write(`flyball: the cloud at ${endpoint} has stopped.\n`);
  return stops;
}
