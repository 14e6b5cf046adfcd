/**
 * CloudWatch's texts and JSON documents are written by Java: a double is `1.0` where JavaScript would write `1`, and
 * times have a zone of `+0000`. What reads an alarm's reason or message reads these forms.
 */
export class JavaDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** As `Double.toString` writes it: `0.0`, `41.3`, `1.0E7`, `2.5E-4`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7))
    return Number.isInteger(value) ? `${value}.0` : `${value}`;
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** `JSON.stringify` without white space, with {@link JavaDouble}s in Java's form. Undefined members are left out. */
export function javaJson(value: unknown): string {
  if (value instanceof JavaDouble) return javaDouble(value.value);
  if (Array.isArray(value)) return `[${value.map(javaJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${javaJson(member)}`).join(",")}}`;
}

/** `2026-11-22T04:20:00.000+0000`. */
export function javaTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}

/** `22/11/26 04:20:00`, as a data point's time stands in an alarm's reason. */
export function reasonTime(ms: number): string {
  const [date = "", time = ""] = new Date(ms).toISOString().split("T");
  const [year = "", month, day] = date.split("-");
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

/** `Sunday 22 November, 2026 04:20:00 UTC`, as a change stands in a composite alarm's reason. */
export function longTime(ms: number): string {
  const date = new Date(ms);
  const part = (options: Intl.DateTimeFormatOptions) =>
    date.toLocaleDateString("en-US", { timeZone: "UTC", ...options });
  const day = String(date.getUTCDate()).padStart(2, "0");
  const time = date.toISOString().slice(11, 19);
  return `${part({ weekday: "long" })} ${day} ${part({ month: "long" })}, ${date.getUTCFullYear()} ${time} UTC`;
}
