/**
 * How soon Flyball is ready: from the start of its process to the line `flyball ready on …`, with a data directory that
 * was used before, as it is installed from its package and from the checkout (where types are stripped first). A first
 * start has nothing that Node compiled and kept at an earlier one. Compared with Node's own start in the same rounds.
 */
import { type Benchmark, inWords, median } from "./figure.ts";
import { packedMain } from "./packed.ts";
import { type FlyballOptions, makeDirectory, startFlyball, timeOf } from "./processes.ts";

const ROUNDS = 9;
const ASKED = { atMost: 400 };

export const benchmark: Benchmark = async (progress) => {
  progress("packing and installing the package");
  const main = packedMain();
  const directory = makeDirectory();
  const dataDirectory = directory.path;
  const nothingKept = { NODE_DISABLE_COMPILE_CACHE: "1" };
  const took: Record<"packed" | "packedFirst" | "checkout" | "node", number[]> = {
    packed: [],
    packedFirst: [],
    checkout: [],
    node: [],
  };
  await readyMs({ dataDirectory, main });
  await readyMs({ dataDirectory });
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`starting, round ${round} of ${ROUNDS}`);
    took.node.push(await timeOf(process.execPath, ["-e", "0"]));
    took.packed.push(await readyMs({ dataDirectory, main }));
    took.packedFirst.push(await readyMs({ dataDirectory, main, environment: nothingKept }));
    took.checkout.push(await readyMs({ dataDirectory }));
  }
  directory.remove();
  const comparedWith = `node -e 0: ${inWords(median(took.node), "ms")}`;
  const figure = { unit: "ms", asked: ASKED, comparedWith };
  return [
    { what: "ready, as packed", measured: median(took.packed), ...figure },
    { what: "ready, as packed, the first start", measured: median(took.packedFirst), ...figure },
    { what: "ready, from the checkout", measured: median(took.checkout), ...figure },
  ];
};

async function readyMs(options: FlyballOptions): Promise<number> {
  const server = await startFlyball(options);
  await server.stop();
  return server.readyMs;
}
