import type { Json } from "../definition.ts";

/**
 * A value as Java writes it, which is how `States.Format` shows it on AWS: `{Arg1=1, Arg2=[a, null]}`.
 * Source: localstack's test_generic.snapshot.json, test_format_2, recorded on AWS.
 */
export function javaText(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return javaNumber(value);
  if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
  if (value === null || typeof value === "boolean") return String(value);
  const members = Object.entries(value).map(([name, member]) => `${name}=${javaText(member)}`);
  return `{${members.join(", ")}}`;
}

/** Whole numbers have all their digits; others, from 10^7 on and below 10^-3, an exponent (`Double.toString`). */
function javaNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return BigInt(value).toString();
  if (size >= 1e-3 && size < 1e7) return String(value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}
