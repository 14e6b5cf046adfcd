import type { RateSchedule } from "./schedule.ts";

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};
/** Source: AWS's limit as its error messages show it; ten digits would be more than a million years. */
const VALUE_DIGITS_MAX = 9;

/**
 * Reads `5 minutes`. The unit is singular for 1 and plural for all else, as AWS insists. Undefined for what is no
 * rate. Source: EventBridge user guide, "Rate expressions".
 */
export function parseRate(text: string): RateSchedule | undefined {
  const [, digits = "", unit = "", plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (value < 1 || digits.length > VALUE_DIGITS_MAX) return undefined;
  if ((value === 1) !== (plural === "")) return undefined;
  return { kind: "rate", intervalMs: value * UNITS_MS[unit]! };
}
