import type { Json } from "./definition.ts";

/** A moment, to the nanosecond: milliseconds since 1970, and nanoseconds on top (0 to 999,999). */
export interface Instant {
  readonly ms: number;
  readonly subMs: number;
}

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * The moment that a timestamp names, in the profile of RFC 3339 that the States Language takes: an upper-case `T`, and
 * `Z` or an offset. Undefined for all else, a day that its month has not among them.
 * Source: states-language.net/spec.html, "Timestamps".
 */
export function instantOf(value: Json): Instant | undefined {
  const parts = typeof value === "string" ? TIMESTAMP.exec(value) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [number, ...Moment];
  const [fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = parts.slice(7);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (Number(offsetHours) > 18 || Number(offsetMinutes) > 59) return undefined;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  const nanoseconds = Number(fraction.padEnd(9, "0"));
  const utc = new Date(0);
  // Date.UTC takes a year below 100 for one of the 1900s.
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second, 0);
  return {
    ms: utc.getTime() + Math.floor(nanoseconds / 1e6) + (sign === "-" ? offsetMs : -offsetMs),
    subMs: nanoseconds % 1e6,
  };
}

/** Year, month, day, hour, minute, second: the pattern has them all. */
type Moment = [number, number, number, number, number, number];

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
