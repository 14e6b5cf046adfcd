import type { Step } from "../chart/chart.ts";
import {
  type Costs,
  type Ending,
  type Execution,
  LIMIT,
  type RunResult,
  type Variant,
} from "./executions.ts";

/** A run, as a reader wants to see it. All times are in the application's seconds since the first one came. */
export interface Measured {
  readonly variant: Variant;
  /** When the last one's work was over. */
  readonly seconds: number;
  /** In the order of their coming. */
  readonly lanes: readonly Lane[];
  readonly atWork: readonly Step[];
  /** How many could be at work: all that were there, up to the limit. */
  readonly couldWork: readonly Step[];
  readonly atWorkMost: number;
  /** Seconds of slots that stood empty while somebody waited. */
  readonly emptySlotSeconds: number;
  /** The longest that one waited. */
  readonly longestWait: number;
  /** How many saw somebody begin to work who had come after them. */
  readonly overtaken: number;
  readonly costs: Costs;
  readonly endings: Readonly<Record<Ending, number>>;
}

export interface Lane {
  readonly arrived: number;
  readonly from: number;
  readonly until: number;
  readonly ending: Ending;
}

export function measure({ variant, executions, costs }: RunResult): Measured {
  const begun = executions[0]?.arrivedAt ?? 0;
  const secondsOf = (at: number) => (at - begun) / 1000;
  const lanes = executions.map(({ arrivedAt, workedFrom, workedUntil, ending }: Execution) => ({
    arrived: secondsOf(arrivedAt),
    from: secondsOf(workedFrom),
    until: secondsOf(workedUntil),
    ending,
  }));
  const seconds = Math.max(...lanes.map(({ until }) => until));
  const atWork = countOver(lanes.map(({ from, until }) => ({ from, until })));
  const there = countOver(lanes.map(({ arrived, until }) => ({ from: arrived, until })));
  const couldWork = there.map(({ at, value }) => ({ at, value: Math.min(value, LIMIT) }));
  const count = (ending: Ending) => lanes.filter((lane) => lane.ending === ending).length;
  return {
    ...{ variant, seconds, lanes, atWork, couldWork, costs },
    atWorkMost: Math.max(...atWork.map(({ value }) => value)),
    // To a millisecond, which is what histories tell.
    emptySlotSeconds:
      Math.round(1000 * (area(couldWork, seconds) - area(atWork, seconds))) / 1000 || 0,
    longestWait: Math.max(...lanes.map(({ arrived, from }) => from - arrived)),
    overtaken: lanes.filter(({ from }, place) =>
      lanes.slice(place + 1).some((later) => later.from < from),
    ).length,
    endings: {
      SUCCEEDED: count("SUCCEEDED"),
      FAILED: count("FAILED"),
      ABORTED: count("ABORTED"),
    },
  };
}

/** How many of these there are, over time. At one instant, who goes makes room for who comes. */
function countOver(spans: readonly { from: number; until: number }[]): Step[] {
  const changes = spans
    .flatMap(({ from, until }) => [
      { at: from, by: 1 },
      { at: until, by: -1 },
    ])
    .sort((one, other) => one.at - other.at || one.by - other.by);
  const steps: Step[] = [];
  let value = 0;
  for (const { at, by } of changes) {
    value += by;
    if (steps.at(-1)?.at === at) steps.pop();
    steps.push({ at, value });
  }
  return steps;
}

/** Under a series, until the run's end. */
function area(steps: readonly Step[], end: number): number {
  return steps.reduce(
    (sum, { at, value }, place) => sum + value * ((steps[place + 1]?.at ?? end) - at),
    0,
  );
}

type Row = [what: string, one: string, other: string];

/** The rows of the table that compares the runs: what, original, leased. */
export function comparison(one: Measured, other: Measured): Row[] {
  const rows: [string, (run: Measured) => string][] = [
    ["Most at work at once", ({ atWorkMost }) => `${atWorkMost} of ${LIMIT}`],
    ["Seconds until all were done", ({ seconds }) => seconds.toFixed(0)],
    ["Seconds of slots, empty while others waited", (run) => run.emptySlotSeconds.toFixed(0)],
    ["Longest wait, in seconds", ({ longestWait }) => longestWait.toFixed(0)],
    ["Executions that later ones overtook", ({ overtaken }) => String(overtaken)],
  ];
  return rows.map(([what, of]) => [what, of(one), of(other)]);
}

/** The rows of the table of what AWS would charge for: what, original, leased. */
export function costComparison(one: Measured, other: Measured): Row[] {
  const rows: [string, keyof Costs][] = [
    ["State transitions", "stateTransitions"],
    ["Function invocations", "functionInvocations"],
    ["DynamoDB requests", "dynamodbRequests"],
  ];
  return rows.map(([what, cost]) => [what, String(one.costs[cost]), String(other.costs[cost])]);
}
