// npm run bench [name…] [-- --json]: runs the benchmarks (all, or those named) one after the other, and prints what they found.
import { parseArgs } from "node:util";
import { type Benchmark, type Figure, inWords, isMet } from "./figure.ts";
import { machineInWords } from "./machine.ts";

const benchmarks: Record<string, () => Promise<{ benchmark: Benchmark }>> = {
  ready: () => import("./ready.ts"),
  idle: () => import("./idle.ts"),
  cold: () => import("./cold.ts"),
  invoke: () => import("./invoke.ts"),
  loop: () => import("./loop.ts"),
  hops: () => import("./hops.ts"),
  sqs: () => import("./sqs.ts"),
  dynamodb: () => import("./dynamodb.ts"),
  semaphore: () => import("./semaphore.ts"),
  stepfunctions: () => import("./stepfunctions.ts"),
  eventbridge: () => import("./eventbridge.ts"),
};

function asked({ asked, unit }: Figure): string {
  if (!asked) return "";
  return "atMost" in asked
    ? `≤ ${inWords(asked.atMost, unit)}`
    : `≥ ${inWords(asked.atLeast, unit)}`;
}

function asTable(figures: readonly Figure[]): string {
  const rows = [
    ["what", "asked", "measured", "", "compared with"],
    ...figures.map((figure) => [
      figure.what,
      asked(figure),
      inWords(figure.measured, figure.unit),
      { true: "✓", false: "✗", undefined: "" }[String(isMet(figure))] ?? "",
      figure.comparedWith,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const unknown = positionals.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  const names = Object.keys(benchmarks).join(", ");
  process.stderr.write(`There is no benchmark "${unknown}". There are: ${names}.\n`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const figures: Figure[] = [];
for (const name of names) {
  const startedAt = Date.now();
  const progress = (doing: string) => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    process.stderr.write(`${name}: ${doing} (${seconds} s)\n`);
  };
  const { benchmark } = await benchmarks[name]!();
  figures.push(...(await benchmark(progress)));
}
const machine = machineInWords();
if (values.json) {
  const found = figures.map((figure) => ({ ...figure, met: isMet(figure) }));
  process.stdout.write(`${JSON.stringify({ machine, figures: found }, undefined, 2)}\n`);
} else process.stdout.write(`\n${machine}\n\n${asTable(figures)}\n`);
