/** A field in the words of croner: a list of numbers, or a day that only a calendar can tell. */
export type CronField = string;

interface Range {
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names?: readonly string[];
  /** Whether `1/2` is known. */
  readonly steps: boolean;
  /** Whether a range may go round: `FRI-MON`. */
  readonly round: boolean;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Source of all: EventBridge user guide, "Cron expressions reference", the table of fields. */
const MINUTES: Range = { min: 0, max: 59, steps: true, round: true };
const HOURS: Range = { min: 0, max: 23, steps: true, round: true };
const DAYS: Range = { min: 1, max: 31, steps: true, round: true };
const MONTHS_OF_YEAR: Range = { min: 1, max: 12, names: MONTHS, steps: true, round: true };
const DAYS_OF_WEEK: Range = { min: 1, max: 7, names: WEEKDAYS, steps: false, round: true };
const YEARS: Range = { min: 1970, max: 2199, steps: true, round: false };

const FIELDS = 6;
const WEEKDAYS_IN_MONTH_MAX = 5;

/**
 * The six fields of a cron expression in AWS's dialect. One of the two fields of days has to be `?`, and only one.
 * Undefined for what is none.
 */
export function parseCronFields(text: string): readonly CronField[] | undefined {
  const fields = text.toUpperCase().split(/\s+/);
  if (fields.length !== FIELDS) return undefined;
  const [minutes = "", hours = "", days = "", months = "", weekdays = "", years = ""] = fields;
  if ((days === "?") === (weekdays === "?")) return undefined;
  const parsed = [
    valuesOf(minutes, MINUTES),
    valuesOf(hours, HOURS),
    days === "?" ? "*" : daysOf(days),
    valuesOf(months, MONTHS_OF_YEAR),
    weekdays === "?" ? "*" : weekdaysOf(weekdays),
    valuesOf(years, YEARS),
  ];
  return parsed.every((field) => field !== undefined) ? parsed : undefined;
}

/** `L` is a month's last day, `LW` its last weekday, `15W` the weekday nearest to its 15th day. */
function daysOf(field: string): CronField | undefined {
  if (field === "L" || field === "LW") return field;
  const [, nearest] = /^(\d+)W$/.exec(field) ?? [];
  if (nearest === undefined) return valuesOf(field, DAYS);
  return numberOf(nearest, DAYS) === undefined ? undefined : `${Number(nearest)}W`;
}

/** `L` is a week's last day, `6L` a month's last Friday, `3#2` its second Tuesday. */
function weekdaysOf(field: string): CronField | undefined {
  if (field === "L") return String(DAYS_OF_WEEK.max);
  const [, last = ""] = /^([A-Z]+|\d)L$/.exec(field) ?? [];
  if (last !== "") return withWeekday(last, "L");
  const [, day = "", nth] = /^([A-Z]+|\d)#(\d)$/.exec(field) ?? [];
  if (nth === undefined) return valuesOf(field, DAYS_OF_WEEK);
  if (Number(nth) < 1 || Number(nth) > WEEKDAYS_IN_MONTH_MAX) return undefined;
  return withWeekday(day, nth);
}

function withWeekday(day: string, nth: string): CronField | undefined {
  const value = numberOf(day, DAYS_OF_WEEK);
  return value === undefined ? undefined : `${value}#${nth}`;
}

function valuesOf(field: string, range: Range): CronField | undefined {
  if (field === "*") return "*";
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const listed = partOf(part, range);
    if (!listed) return undefined;
    for (const value of listed) values.add(value);
  }
  return [...values].sort((left, right) => left - right).join(",");
}

/** `5`, `1-5`, `*`, and of these every so many: `0/15`, from which on it goes to the end. */
function partOf(part: string, range: Range): number[] | undefined {
  const [base = "", stepText, ...more] = part.split("/");
  if (more.length > 0 || (stepText !== undefined && !range.steps)) return undefined;
  const step = stepText === undefined ? 1 : stepOf(stepText, range);
  const span = spanOf(base, range, stepText !== undefined);
  if (step === undefined || !span) return undefined;
  return span.filter((_value, index) => index % step === 0);
}

function stepOf(text: string, { min, max }: Range): number | undefined {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return step >= 1 && step <= max - min + 1 ? step : undefined;
}

function spanOf(text: string, range: Range, stepped: boolean): number[] | undefined {
  if (text === "*") return stepped ? between(range.min, range.max) : undefined;
  const [fromText = "", toText, ...more] = text.split("-");
  const from = numberOf(fromText, range);
  if (from === undefined || more.length > 0) return undefined;
  if (toText === undefined) return stepped ? between(from, range.max) : [from];
  const to = numberOf(toText, range);
  if (to === undefined) return undefined;
  if (from <= to) return between(from, to);
  return range.round ? [...between(from, range.max), ...between(range.min, to)] : undefined;
}

function numberOf(text: string, { min, max, names }: Range): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named + min;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : undefined;
}

function between(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
