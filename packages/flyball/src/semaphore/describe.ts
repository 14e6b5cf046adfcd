import type { Holder, Inspection, Waiter } from "@flyball/semaphore";
import { styled } from "../style.ts";

/** The line's end is of little interest, and may be thousands long. */
const WAITERS_SHOWN_MAX = 20;
const HOLDERS_SHOWN_MAX = 50;

/** A table of a table's semaphores. */
export function listLines(semaphores: readonly Inspection[], table: string): string {
  if (semaphores.length === 0) return `Table "${table}" has no semaphores.`;
  const rows = semaphores.map(({ name, held, limit, waiting, executionsWaiting }) => {
    return [name, String(held), String(limit ?? "?"), String(waiting + executionsWaiting)];
  });
  const widths = widthsOf([["SEMAPHORE", "HELD", "LIMIT", "WAITING"], ...rows]);
  const line = ([name = "", ...numbers]: readonly string[]) =>
    [
      name.padEnd(widths[0] ?? 0),
      ...numbers.map((number, place) => number.padStart(widths[place + 1] ?? 0)),
    ].join("  ");
  const head = styled("dim", line(["SEMAPHORE", "HELD", "LIMIT", "WAITING"]));
  const full = ({ held, limit = Number.POSITIVE_INFINITY }: Inspection) => held >= limit;
  return [
    head,
    ...semaphores.map((semaphore, place) => {
      const text = line(rows[place] ?? []);
      return full(semaphore) ? styled("yellow", text) : text;
    }),
  ].join("\n");
}

/** All that is to be said of one semaphore, for people. */
export function describeSemaphore(inspection: Inspection): string {
  return [headLine(inspection), ...detailLines(inspection)].join("\n");
}

/** `ocr: 10 of 10 held, 37 waiting`. */
export function headLine(inspection: Inspection): string {
  const { name, held, limit, waiting, executionsWaiting } = inspection;
  const of = limit === undefined ? "" : ` of ${limit}`;
  return `${styled("bold", name)}: ${held}${of} held, ${waiting + executionsWaiting} waiting`;
}

/** Lease, next start, who holds, who waits. `rowsMax` is how many lines there is room for. */
export function detailLines(
  inspection: Inspection,
  rowsMax: number = Number.POSITIVE_INFINITY,
): string[] {
  const { leaseMs, nextStart, holders, waiters, executionsWaiting, at, limit } = inspection;
  const now = Date.parse(at);
  const facts = [
    limit === undefined
      ? "  limit       not in the item: only the original functions have written it"
      : undefined,
    `  lease       ${leaseMs === undefined ? "none" : `${leaseMs / 1000} s`}`,
    executionsWaiting === 0
      ? undefined
      : `  executions  ${executionsWaiting} of state machines wait to be called`,
    `  next start  ${nextStart === undefined ? "now" : `in ${duration(Date.parse(nextStart) - now)}, at ${nextStart}`}`,
  ].filter((line) => line !== undefined);
  const room = Math.max(4, rowsMax - facts.length - 2);
  const holderRows = Math.min(HOLDERS_SHOWN_MAX, Math.max(2, Math.ceil(room * 0.6)));
  const waiterRows = Math.min(
    WAITERS_SHOWN_MAX,
    Math.max(2, room - Math.min(holders.length, holderRows)),
  );
  return [
    ...facts,
    ...section("holds", holders, holderRows, (holder) => holderRow(holder, now)),
    ...section("waits", waiters, waiterRows, (waiter) => waiterRow(waiter, now)),
  ];
}

/** A holder as it is spoken of: its owner, or what there is in its stead. */
export function holderName({ owner, token }: Holder): string {
  return owner ?? `token ${token}`;
}

function holderRow(holder: Holder, now: number): string[] {
  const { owner, token, since, until, claimed, kind } = holder;
  return [
    owner ?? "(came a moment ago)",
    kind === "execution" ? "execution" : `token ${token}`,
    sinceText(since, now),
    until === undefined ? (claimed ? "" : "called, not seen yet") : `until ${until}`,
  ];
}

function waiterRow({ ticket, place, owner, since }: Waiter, now: number): string[] {
  return [`${place}. ${owner ?? "(came a moment ago)"}`, `ticket ${ticket}`, sinceText(since, now)];
}

function sinceText(since: string | undefined, now: number): string {
  return since === undefined ? "" : `since ${since}, ${duration(now - Date.parse(since))}`;
}

function section<T>(
  verb: string,
  all: readonly T[],
  rowsMax: number,
  rowOf: (one: T) => string[],
): string[] {
  if (all.length === 0) return [];
  const shown = all.length > rowsMax ? all.slice(0, rowsMax - 1) : all;
  const rows = shown.map(rowOf);
  const widths = widthsOf(rows);
  const lines = rows.map(
    (row) => `    ${row.map((cell, place) => cell.padEnd(widths[place] ?? 0)).join("  ")}`,
  );
  const more = all.length - shown.length;
  return [
    styled("dim", `  who ${verb}`),
    ...lines.map((line) => line.trimEnd()),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
}

/** `0.2 s`, `12 s`, `3 min`, `2 h`. */
function duration(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
