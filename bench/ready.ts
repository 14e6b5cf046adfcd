/**
 * How soon Flyball is ready: from the start of its process to the line `flyball ready on …`, with a data directory
 * that is new and one that is not, as it is installed from its package and from the checkout (where types are
 * stripped first). Compared with Node's own start in the same rounds.
 */
import { type Benchmark, inWords, median } from "./figure.ts";
import { packedMain } from "./packed.ts";
import { makeDirectory, startFlyball, timeOf } from "./processes.ts";

const ROUNDS = 9;
const ASKED = { atMost: 400 };

export const benchmark: Benchmark = async (progress) => {
  progress("packing and installing the package");
  const main = packedMain();
  const directory = makeDirectory();
  const took = { packed: [] as number[], checkout: [] as number[], node: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`starting, round ${round} of ${ROUNDS}`);
    took.node.push(await timeOf(process.execPath, ["-e", "0"]));
    took.packed.push(await readyMs(directory.path, main));
    took.checkout.push(await readyMs(directory.path));
  }
  directory.remove();
  const comparedWith = `node -e 0: ${inWords(median(took.node), "ms")}`;
  const figure = { unit: "ms", asked: ASKED, comparedWith };
  return [
    { what: "ready, as packed", measured: median(took.packed), ...figure },
    { what: "ready, from the checkout", measured: median(took.checkout), ...figure },
  ];
};

async function readyMs(dataDirectory: string, main?: string): Promise<number> {
  const server = await startFlyball({ dataDirectory, ...(main === undefined ? {} : { main }) });
  await server.stop();
  return server.readyMs;
}
