/**
 * What a cold start costs: a synchronous invoke, over HTTP, of a function that was never invoked, from the request to
 * the answer. Compared with the interpreter's own start and end (`node -e 0`, `python3 -c 0`), turn by turn.
 */
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import type { Runtime } from "@aws-sdk/client-lambda";
import { type Benchmark, type Figure, inWords, median } from "./figure.ts";
import { httpRequest, open } from "./load.ts";
import { startFlyball, timeOf } from "./processes.ts";
import { System } from "./system.ts";

const ROUNDS = 21;
const RATIO_ASKED = 1.5;

export const benchmark: Benchmark = async (progress) => [
  await coldStart(progress, "nodejs24.x", "nothing.cjs", process.execPath, ["-e", "0"]),
  await coldStart(progress, "python3.13", "nothing.py", pythonItself(), ["-c", "0"]),
];

/** The interpreter, where `python3` is a shim that looks for one first and would make it seem slow. */
function pythonItself(): string {
  const words = ["-c", "import sys; print(sys.executable)"];
  return execFileSync("python3", words, { encoding: "utf8" }).trim();
}

async function coldStart(
  progress: (doing: string) => void,
  runtime: Runtime,
  file: string,
  interpreter: string,
  words: readonly string[],
): Promise<Figure> {
  const server = await startFlyball();
  const system = new System(server.endpoint);
  const connection = await open(server.port);
  const own: number[] = [];
  const cold: number[] = [];
  // The first one of all also finds the interpreter and loads the service's model, once in the server's life.
  for (let round = 0; round <= ROUNDS; round += 1) {
    progress(`${runtime}, round ${round} of ${ROUNDS}`);
    await system.createFunction(`cold-${round}`, file, runtime);
    own.push(await timeOf(interpreter, words));
    const sentAt = performance.now();
    const path = `/2015-03-31/functions/cold-${round}/invocations`;
    await connection.exchange(httpRequest(path, "lambda", {}, "{}"));
    cold.push(performance.now() - sentAt);
  }
  connection.close();
  await server.stop();
  const [ownMs, coldMs] = [median(own.slice(1)), median(cold.slice(1))];
  const command = `${basename(interpreter)} ${words.join(" ")}`;
  return {
    what: `cold start, ${runtime}`,
    measured: coldMs,
    unit: "ms",
    asked: { atMost: RATIO_ASKED * ownMs },
    comparedWith: `${command}: ${inWords(ownMs, "ms")}, so ${inWords(coldMs / ownMs, "×")}`,
  };
}
