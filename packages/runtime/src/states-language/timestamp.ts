/**
 * An instant from text in the profile of RFC 3339 that the States Language asks for (a capital T and Z, an offset or Z
 * is there), in ms since 1970; finer fractions of a second are cut. Undefined where it is none.
 */
export function instantOf(text: string): number | undefined {
  const parts = TIMESTAMP.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const [monthNumber, dayNumber] = [Number(month), Number(day)];
  const midnight = Date.UTC(Number(year), monthNumber - 1, dayNumber);
  // Date.UTC carries a 30 February over into March
  if (new Date(midnight).getUTCMonth() !== monthNumber - 1 || dayNumber === 0) return undefined;
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const offset = zone === "Z" || zone === undefined ? 0 : offsetMinutes(zone);
  if (offset === undefined) return undefined;
  const milliseconds = Number((fraction ?? "").padEnd(3, "0").slice(0, 3));
  return midnight + (hours * 60 + minutes - offset) * 60_000 + seconds * 1000 + milliseconds;
}

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

function offsetMinutes(zone: string): number | undefined {
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  if (hours > 18 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
