/**
 * What the clocks of a time zone show, as the milliseconds since 1970 at which clocks that are set to UTC show the
 * same.
 */
export type WallTime = number;

const DAY_MS = 24 * 60 * 60 * 1000;
const WALL_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$/;

/** Reads `2026-01-15T12:00:00`; undefined for what is no time. */
export function parseWallTime(text: string): WallTime | undefined {
  if (!WALL_TIME.test(text)) return undefined;
  const time = Date.parse(`${text}Z`);
  // The 30th of February is read as the 2nd of March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== text) return undefined;
  return time;
}

/** Whether there is a time zone of this name (IANA's time zone database). */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a time zone show at an instant (milliseconds since 1970). */
export function wallTimeAt(instant: number, timeZone: string): WallTime {
  return instant + offsetAt(instant, timeZone);
}

/**
 * When the clocks of a time zone show a time: the first time that they do; undefined for a time that they skip as
 * they are set forward.
 */
export function instantOf(time: WallTime, timeZone: string): number | undefined {
  if (timeZone === "UTC") return time;
  // Clocks are set at most once in two days, so the time is on one of these two offsets, or on none.
  const offsets = [offsetAt(time - DAY_MS, timeZone), offsetAt(time + DAY_MS, timeZone)];
  const instants = offsets
    .map((offset) => time - offset)
    .filter((instant) => wallTimeAt(instant, timeZone) === time);
  return instants.length === 0 ? undefined : Math.min(...instants);
}

function offsetAt(instant: number, timeZone: string): number {
  if (timeZone === "UTC") return 0;
  const second = Math.floor(instant / 1000) * 1000;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(second))
    shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** To make one takes a millisecond, so each is made once. Throws a RangeError where there is no such time zone. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  return format;
}
