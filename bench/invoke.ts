/**
 * What a warm synchronous invoke costs over the function's own time: from the request to the answer over HTTP on one
 * connection, minus what the function says that it took. Compared with the same handler behind bare node:http in a
 * process of its own, in rounds that alternate.
 */
import { type Benchmark, inWords, median, percentile } from "./figure.ts";
import { type Connection, httpRequest, open } from "./load.ts";
import { startBare, startFlyball } from "./processes.ts";
import { System } from "./system.ts";

const ROUNDS = 7;
const INVOKES = 500;
const ASKED = { atMost: 2 };

export const benchmark: Benchmark = async (progress) => {
  const server = await startFlyball();
  const bare = await startBare("handler");
  await new System(server.endpoint).createFunction("work", "work.cjs", "nodejs24.x");
  const request = httpRequest("/2015-03-31/functions/work/invocations", "lambda", {}, "{}");
  const ours = await open(server.port);
  const theirs = await open(bare.port);
  await overheads(ours, request);
  await overheads(theirs, request);
  const rounds: { ours: number[]; theirs: number[] }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`invoking, round ${round} of ${ROUNDS}`);
    rounds.push({ ours: await overheads(ours, request), theirs: await overheads(theirs, request) });
  }
  ours.close();
  theirs.close();
  await server.stop();
  await bare.stop();
  return [0.5, 0.99].map((share) => {
    const overRounds = (whose: "ours" | "theirs") =>
      median(rounds.map((round) => percentile(round[whose], share)));
    return {
      what: `warm invoke over the function's own time, p${share * 100}`,
      measured: overRounds("ours"),
      unit: "ms",
      asked: ASKED,
      comparedWith: `bare node:http: ${inWords(overRounds("theirs"), "ms")}`,
    };
  });
};

async function overheads(connection: Connection, request: Buffer): Promise<number[]> {
  const over: number[] = [];
  for (let turn = 0; turn < INVOKES; turn += 1) {
    const sentAt = performance.now();
    const { ownMs } = JSON.parse(String(await connection.exchange(request)));
    over.push(performance.now() - sentAt - ownMs);
  }
  return over;
}
