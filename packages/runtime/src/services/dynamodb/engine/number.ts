import { refusal } from "./refusal.ts";

/** Significant digits of a number. Source: developer guide, "Supported data types and naming rules", Number. */
export const MAX_SIGNIFICANT_DIGITS = 38;
/** Magnitude is 1E-130 to 9.99…E+125, negative alike, or zero. */
export const MAX_EXPONENT = 125;
export const MIN_EXPONENT = -130;

const OVERFLOW =
  "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW =
  "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number";

/**
 * A decimal number, exact: `d.ddd… × 10^exponent`. `digits` (without the point) begins and ends with another digit
 * than 0; zero has none.
 */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const ZERO: Decimal = { negative: false, digits: "", exponent: 0 };
const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Integers that a double holds exactly, written as DynamoDB writes them: what most numbers are. */
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/**
 * Reads a number as a client may write it: `-1.50`, `+3`, `.5`, `1e3`.
 *
 * Throws ValidationException when it is no number, has too many digits or too large or small a magnitude.
 */
export function parseNumber(text: string): Decimal {
  const match = FORM.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole.length + fraction.length === 0) {
    throw refusal(
      text === ""
        ? "The parameter cannot be converted to a numeric value"
        : `The parameter cannot be converted to a numeric value: ${text}`,
    );
  }
  return inRange(decimal(match[1] === "-", whole + fraction, whole.length, Number(match[4] ?? 0)));
}

/** A decimal of these digits, the point standing after `pointAt` of them, times ten to the `shift`. */
function decimal(negative: boolean, digits: string, pointAt: number, shift: number): Decimal {
  let start = 0;
  while (digits.charCodeAt(start) === 48) start++;
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === 48) end--;
  if (start === end) return ZERO;
  return { negative, digits: digits.slice(start, end), exponent: pointAt - start - 1 + shift };
}

function inRange(value: Decimal): Decimal {
  if (value.exponent > MAX_EXPONENT) throw refusal(OVERFLOW);
  if (value.exponent < MIN_EXPONENT) throw refusal(UNDERFLOW);
  if (value.digits.length > MAX_SIGNIFICANT_DIGITS) throw refusal(TOO_PRECISE);
  return value;
}

/** A number as DynamoDB returns it: no exponent, no sign of plus, no zeros that say nothing. */
export function formatNumber({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = exponent + 1;
  if (digits.length <= whole) return sign + digits.padEnd(whole, "0");
  return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

/** The number as DynamoDB keeps and returns it. Throws as {@link parseNumber}. */
export function normalizeNumber(text: string): string {
  return PLAIN_INTEGER.test(text) ? text : formatNumber(parseNumber(text));
}

/** Below 0 where `a < b`, above 0 where `a > b`, else 0: by value, however they are written. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (PLAIN_INTEGER.test(a) && PLAIN_INTEGER.test(b)) return Number(a) - Number(b);
  return compareDecimals(parseNumber(a), parseNumber(b));
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0 || a.digits === "") return signs;
  const magnitude =
    a.exponent !== b.exponent
      ? a.exponent - b.exponent
      : a.digits < b.digits
        ? -1
        : a.digits > b.digits
          ? 1
          : 0;
  return a.negative ? 0 - magnitude : magnitude;
}

function signOf({ negative, digits }: Decimal): number {
  return digits === "" ? 0 : negative ? -1 : 1;
}

/**
 * `a + b`, exact, as DynamoDB writes it.
 *
 * Throws ValidationException where the sum lies outside of the range or has more than 38 digits: DynamoDB rounds
 * nothing, and calls both an overflow (Scylla's test_number.py, run against DynamoDB, test_update_expression_plus_imprecise).
 */
export function addNumbers(a: string, b: string): string {
  if (PLAIN_INTEGER.test(a) && PLAIN_INTEGER.test(b)) return String(Number(a) + Number(b));
  return formatNumber(sum(parseNumber(a), parseNumber(b)));
}

/** `a - b`, exact. Throws as {@link addNumbers}. */
export function subtractNumbers(a: string, b: string): string {
  if (PLAIN_INTEGER.test(a) && PLAIN_INTEGER.test(b)) return String(Number(a) - Number(b));
  const subtrahend = parseNumber(b);
  return formatNumber(
    sum(parseNumber(a), {
      ...subtrahend,
      negative: subtrahend.digits !== "" && !subtrahend.negative,
    }),
  );
}

function sum(a: Decimal, b: Decimal): Decimal {
  if (a.digits === "") return b;
  if (b.digits === "") return a;
  const lastA = a.exponent - a.digits.length + 1;
  const lastB = b.exponent - b.digits.length + 1;
  const last = Math.min(lastA, lastB);
  const total = scaled(a, lastA - last) + scaled(b, lastB - last);
  const digits = (total < 0n ? -total : total).toString();
  const result = decimal(total < 0n, digits, digits.length, last);
  if (result.digits.length > MAX_SIGNIFICANT_DIGITS) throw refusal(OVERFLOW);
  return inRange(result);
}

function scaled({ negative, digits }: Decimal, zeros: number): bigint {
  const magnitude = BigInt(digits + "0".repeat(zeros));
  return negative ? -magnitude : magnitude;
}
