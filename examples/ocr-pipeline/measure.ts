import type { Bin, Step } from "../chart/chart.ts";
import type { OcrEvent } from "./ocr-service.ts";
import type { RunResult } from "./pipeline.ts";

export interface Collapse {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** A run, as a reader wants to see it. All times are in the application's seconds. */
export interface Measured {
  readonly withSemaphore: boolean;
  readonly documents: number;
  readonly seconds: number;
  readonly done: number;
  readonly deadLetters: number;
  /** Documents that were being worked at when the service fell over. */
  readonly lost: number;
  readonly refused: number;
  readonly inFlightMost: number;
  readonly inFlight: readonly Step[];
  readonly starts: readonly Bin[];
  readonly doneOverTime: readonly Step[];
  readonly deadLettersOverTime: readonly Step[];
  readonly collapses: readonly Collapse[];
}

/** Long enough that a start which comes a little late makes no mountain. */
const BIN_SECONDS = 2;

export function measure(run: RunResult, collapseSeconds: number): Measured {
  const secondsOf = (at: number) => Math.max(0, ((at - run.startedAt) / 1000) * run.scale);
  const seconds = secondsOf(run.endedAt);
  const timed = run.events.map((event) => ({ ...event, second: secondsOf(event.at) }));
  const inFlight = inFlightOf(timed);
  const done = new Set<string>();
  const doneOverTime = timed
    .filter(({ type, document }) => type === "done" && !done.has(document) && done.add(document))
    .map(({ second }, place) => ({ at: second, value: place + 1 }));
  const count = (type: OcrEvent["type"]) => timed.filter((event) => event.type === type).length;
  return {
    withSemaphore: run.withSemaphore,
    documents: run.documents,
    seconds,
    done: run.done,
    deadLetters: run.deadLetters,
    lost: count("lost"),
    refused: count("refused"),
    inFlightMost: Math.max(0, ...inFlight.map(({ value }) => value)),
    inFlight,
    starts: startsOf(timed, seconds),
    doneOverTime,
    deadLettersOverTime: run.deadLettersOverTime.map(({ at, count }) => {
      return { at: secondsOf(at), value: count };
    }),
    collapses: timed
      .filter((event) => event.type === "collapsed")
      .map(({ second, why }) => {
        return { from: second, to: Math.min(seconds, second + collapseSeconds), why };
      }),
  };
}

type Timed = OcrEvent & { readonly second: number };

function inFlightOf(events: readonly Timed[]): Step[] {
  let value = 0;
  const steps: Step[] = [];
  for (const { type, second } of events) {
    if (type !== "started" && type !== "done" && type !== "lost") continue;
    value += type === "started" ? 1 : -1;
    steps.push({ at: second, value });
  }
  return steps;
}

function startsOf(events: readonly Timed[], seconds: number): Bin[] {
  const bins = Array.from({ length: Math.ceil(seconds / BIN_SECONDS) }, () => {
    return { started: 0, refused: 0 };
  });
  for (const { type, second } of events) {
    const bin = bins[Math.min(bins.length - 1, Math.floor(second / BIN_SECONDS))];
    if (bin && (type === "started" || type === "refused")) bin[type] += 1 / BIN_SECONDS;
  }
  return bins.map((bin, place) => {
    return { from: place * BIN_SECONDS, to: (place + 1) * BIN_SECONDS, ...bin };
  });
}

/** The rows of the table that compares the runs: what, without, with. */
export function comparison(one: Measured, other: Measured): [string, string, string][] {
  const rows: [string, (run: Measured) => string][] = [
    ["Documents done", ({ done, documents }) => `${done} of ${documents}`],
    ["Dead letters", ({ deadLetters }) => String(deadLetters)],
    ["Times the service fell over", ({ collapses }) => String(collapses.length)],
    ["Documents lost at work", ({ lost }) => String(lost)],
    ["Requests refused (503)", ({ refused }) => String(refused)],
    ["Most in flight", ({ inFlightMost }) => String(inFlightMost)],
    ["Seconds until the queue was empty", ({ seconds }) => seconds.toFixed(0)],
  ];
  return rows.map(([what, of]) => [what, of(one), of(other)]);
}
