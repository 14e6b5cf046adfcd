// The example: `node examples/state-machine-semaphore/run.ts`.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LIMIT, runExecutions, type Variant } from "./executions.ts";
import { comparison, costComparison, type Measured, measure } from "./measure.ts";
import { reportOf } from "./report.ts";

const HELP = `Runs executions of a state machine, a few at a time, by the semaphore of AWS's sample and by the leased one.

  --executions <n>  how many (60)
  --out <file>      the page that it writes (out/report.html beside this example)
`;

const VARIANTS: readonly Variant[] = ["original", "leased"];

async function main(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: {
      executions: { type: "string", default: "60" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const executions = Number(values.executions);
  if (!Number.isSafeInteger(executions) || executions < 1)
    throw new Error(`--executions takes a whole number above 0, not "${values.executions}".`);
  const out = values.out
    ? resolve(values.out)
    : fileURLToPath(new URL("out/report.html", import.meta.url));

  say(`${executions} executions of a state machine, ${LIMIT} at a time.`);
  const runs: Measured[] = [];
  for (const variant of VARIANTS) {
    const begun = performance.now();
    const run = measure(await runExecutions({ variant, executions, onProgress: showing(variant) }));
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    say(
      `  ${variant}: ${run.seconds.toFixed(0)} seconds of the application's, in ${took} real ones`,
    );
    runs.push(run);
  }
  const [original, leased] = runs as [Measured, Measured];
  say("");
  for (const [what, one, other] of [
    ["", "original", "leased"],
    ...comparison(original, leased),
    ...costComparison(original, leased),
  ] as const)
    say(`  ${what.padEnd(44)} ${one.padStart(9)} ${other.padStart(9)}`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, reportOf(original, leased));
  say(`\nBoth as a picture: ${out}`);
}

/** One line that changes, at a terminal alone: it is over in seconds. */
function showing(variant: Variant) {
  return ({ ended, seconds }: { ended: number; seconds: number }) => {
    if (process.stdout.isTTY)
      process.stdout.write(`\r\u001b[K  ${variant}: ${ended} have ended after ${seconds} s`);
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
