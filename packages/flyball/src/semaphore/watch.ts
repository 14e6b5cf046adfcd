import { setTimeout } from "node:timers/promises";
import type { Inspection } from "@flyball/semaphore";
import { styled } from "../style.ts";
import { chartLines, type Sample } from "./chart.ts";
import { detailLines, headLine } from "./describe.ts";
import type { SemaphoreTable } from "./table.ts";

export interface WatchOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** How far back the drawing goes. */
  readonly windowMs: number;
  /** Looks; undefined: until Ctrl-C. */
  readonly count: number | undefined;
  readonly json: boolean;
}

const CHART_ROWS_MAX = 12;
const CHART_ROWS_MIN = 5;
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const SCREEN_OF_ITS_OWN = "\u001b[?1049h\u001b[?25l";
const SCREEN_AS_BEFORE = "\u001b[?25h\u001b[?1049l";

/**
 * Looks again and again until Ctrl-C, or `count` times. Resolves with the exit code. A look that fails after the first
 * one is said, and does not end it.
 */
export async function watchSemaphore(
  table: SemaphoreTable,
  options: WatchOptions,
): Promise<number> {
  const { name, intervalMs, count = Number.POSITIVE_INFINITY, json } = options;
  const ended = new AbortController();
  const end = () => ended.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, end);
  // The first look tells whether there is anything to watch, before the terminal is taken over.
  let inspection = await table.inspect(name);
  const shown = json ? linesOfJson() : process.stdout.isTTY ? drawing(options) : plainLines();
  let problem: string | undefined;
  try {
    for (let look = 1; !ended.signal.aborted; look += 1) {
      shown.show(inspection, problem);
      if (look >= count) break;
      await setTimeout(intervalMs, undefined, { signal: ended.signal }).catch(() => {});
      if (ended.signal.aborted) break;
      try {
        inspection = await table.inspect(name);
        problem = undefined;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
    }
  } finally {
    shown.close();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, end);
  }
  return 0;
}

interface Shown {
  show(inspection: Inspection, problem: string | undefined): void;
  close(): void;
}

function linesOfJson(): Shown {
  return {
    show: (inspection, problem) => {
      if (problem === undefined) process.stdout.write(`${JSON.stringify(inspection)}\n`);
      else process.stderr.write(`flyball: ${problem}\n`);
    },
    close: () => {},
  };
}

/** For pipes and logs: `12:00:01 ocr: 10 of 10 held, 37 waiting, next start in 120 ms`. */
function plainLines(): Shown {
  return {
    show: (inspection, problem) => {
      if (problem !== undefined) return void process.stderr.write(`flyball: ${problem}\n`);
      const { at, nextStart } = inspection;
      const next =
        nextStart === undefined
          ? ""
          : `, next start in ${Math.round(Date.parse(nextStart) - Date.parse(at))} ms`;
      process.stdout.write(`${at.slice(11, 19)} ${headLine(inspection)}${next}\n`);
    },
    close: () => {},
  };
}

/** A screen that is drawn anew at each look; the last one stays when it ends. */
function drawing({ windowMs, intervalMs }: WatchOptions): Shown {
  const { stdout } = process;
  let samples: Sample[] = [];
  let last: string[] = [];
  stdout.write(SCREEN_OF_ITS_OWN);
  return {
    show: (inspection, problem) => {
      const now = Date.parse(inspection.at);
      const { held, waiting, limit } = inspection;
      samples = samples.filter(({ at }) => now - at < windowMs + intervalMs * 2);
      if (problem === undefined) samples.push({ at: now, held, waiting, limit });
      last = frame(inspection, samples, { windowMs, intervalMs, problem });
      const text = last.map((line) => `${line}${CLEAR_LINE}`).join("\n");
      stdout.write(`${HOME}${text}${CLEAR_BELOW}`);
    },
    close: () => stdout.write(`${SCREEN_AS_BEFORE}${last.join("\n")}\n`),
  };
}

function frame(
  inspection: Inspection,
  samples: readonly Sample[],
  {
    windowMs,
    intervalMs,
    problem,
  }: {
    readonly windowMs: number;
    readonly intervalMs: number;
    readonly problem: string | undefined;
  },
): string[] {
  const { columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT } = process.stdout;
  const chartRows = Math.max(CHART_ROWS_MIN, Math.min(CHART_ROWS_MAX, Math.floor(rows / 2)));
  const paint = (text: string, full: boolean) => styled(full ? "yellow" : "green", text);
  const now = Date.parse(inspection.at);
  const chart = chartLines(samples, {
    now,
    windowMs,
    intervalMs,
    columns,
    rows: chartRows,
    paint,
  });
  const title = `${headLine(inspection)}  ${styled("dim", inspection.at.slice(11, 19))}`;
  const trouble = problem === undefined ? [] : [styled("red", problem.slice(0, columns))];
  const room = rows - chart.length - trouble.length - 3;
  const details = detailLines(inspection, room)
    .slice(0, Math.max(0, room))
    .map((line) => cut(line, columns));
  return [title, ...trouble, ...chart, ...details].slice(0, rows);
}

/** A line that is too long loses its end; one with colours in it is short, and is left as it is. */
function cut(line: string, columns: number): string {
  return line.includes("\u001b") || line.length <= columns
    ? line
    : `${line.slice(0, columns - 1)}…`;
}
