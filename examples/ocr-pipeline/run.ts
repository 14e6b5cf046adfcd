// The example: `node examples/ocr-pipeline/run.ts`.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { comparison, type Measured, measure } from "./measure.ts";
import { OCR_TERMS } from "./ocr-service.ts";
import { type Progress, runPipeline, SEMAPHORE, TABLE } from "./pipeline.ts";
import { reportOf } from "./report.ts";

const HELP = `Sends documents through SQS and a Lambda function to an OCR service, without and with a semaphore.

  --documents <n>   how many (500)
  --scale <n>       how much faster than real everything is (5); above 10, this machine's own hiccups count
  --out <file>      the page that it writes (out/report.html beside this example)
`;

interface Options {
  readonly documents: number;
  readonly scale: number;
  readonly out: string;
}

async function main(words: string[]): Promise<void> {
  const options = optionsOf(words);
  if (options === undefined) return void process.stdout.write(HELP);
  const { documents, scale, out } = options;
  const { inFlightMax, startsPerSecondMax, collapseSeconds } = OCR_TERMS;
  say(
    `${documents} documents → SQS → Lambda → an OCR service that stands ${inFlightMax} at a time and ${startsPerSecondMax} starts a second.`,
  );
  if (scale !== 1)
    say(
      `Everything is ${scale} times faster: ${startsPerSecondMax * scale} starts in a real second.`,
    );
  const runs: Measured[] = [];
  for (const withSemaphore of [false, true]) {
    const name = withSemaphore ? "with the semaphore" : "without a semaphore";
    const progress = progressOf(name, documents);
    const onReady = (endpoint: string) => {
      if (withSemaphore)
        say(
          `  to look on, in another shell: npm run flyball -- semaphore watch --table ${TABLE} --name ${SEMAPHORE} --endpoint ${endpoint}`,
        );
    };
    const run = await runPipeline({
      ...{ documents, scale, withSemaphore },
      onReady,
      onProgress: progress.show,
    });
    progress.end();
    runs.push(measure(run, collapseSeconds));
  }
  const [without, with_] = runs as [Measured, Measured];
  say("");
  for (const [what, one, other] of [["", "without", "with"], ...comparison(without, with_)])
    say(`  ${what?.padEnd(34)} ${one?.padStart(12)} ${other?.padStart(12)}`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, reportOf(without, with_, scale));
  say(`\nBoth as a picture: ${out}`);
}

function optionsOf(words: string[]): Options | undefined {
  const { values } = parseArgs({
    args: words,
    options: {
      documents: { type: "string", default: "500" },
      scale: { type: "string", default: "5" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const documents = Number(values.documents);
  const scale = Number(values.scale);
  if (!Number.isSafeInteger(documents) || documents < 1)
    throw new Error(`--documents takes a whole number above 0, not "${values.documents}".`);
  if (!(scale > 0)) throw new Error(`--scale takes a number above 0, not "${values.scale}".`);
  const out = values.out
    ? resolve(values.out)
    : fileURLToPath(new URL("out/report.html", import.meta.url));
  return { documents, scale, out };
}

/** One line that changes at a terminal; a line every few seconds elsewhere. */
function progressOf(name: string, documents: number) {
  const everyMs = process.stdout.isTTY ? 0 : 5_000;
  let saidAt = performance.now();
  let last = "";
  const write = () => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${last}`);
    else say(last);
  };
  return {
    show: ({ done, deadLetters, collapses }: Progress) => {
      last = `  ${name}: ${done} of ${documents} done, ${deadLetters} dead, fallen over ${collapses} times`;
      if (performance.now() - saidAt < everyMs) return;
      saidAt = performance.now();
      write();
    },
    end: () => {
      write();
      if (process.stdout.isTTY) say("");
    },
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
