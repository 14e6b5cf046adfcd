import type { UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { COUNT, type Item } from "../item.ts";

/**
 * A tombstone is an attribute of the semaphore's item that says when an execution died, so that a request of its
 * acquire step which arrives later is refused. It is not the holder's own attribute, because the original's release
 * steps take units off whenever that is there.
 */
const TOMBSTONE_PREFIX = "fbdead#";
/**
 * How long a tombstone counts. The acquire step's function may still run when its execution dies, for up to Lambda's
 * longest timeout of 15 minutes; 5 more for clocks that are wrong.
 */
export const TOMBSTONE_S = 20 * 60;
/** What is left is cleared by the next who comes: an expression may hold 4 KB. */
const CLEARED_A_WRITE_MAX = 25;

export function tombstoneOf(execution: string): string {
  return TOMBSTONE_PREFIX + execution;
}

/**
 * The instant (seconds since 1970) before which an execution's death counts for an acquire step that was entered
 * then: not for a state that was entered after it, in an execution that was redriven, and not for ever.
 */
export function deathsCountSince(stateEnteredTime: unknown, now: number): number {
  const entered = typeof stateEnteredTime === "string" ? Date.parse(stateEnteredTime) / 1000 : 0;
  return Math.max(entered || 0, now - TOMBSTONE_S);
}

export interface Death {
  readonly execution: string;
  /** By Step Functions' clock; seconds since 1970. */
  readonly stoppedAt: number;
}

export interface Clearing {
  readonly write: Pick<
    UpdateItemCommandInput,
    | "UpdateExpression"
    | "ConditionExpression"
    | "ExpressionAttributeNames"
    | "ExpressionAttributeValues"
  >;
  /** Units that it takes off. */
  readonly freed: number;
}

/**
 * The write that takes off what dead executions hold, leaves a tombstone for `death`, and removes tombstones that
 * count no more; undefined where there is nothing to do. It is conditional on all that it judged by.
 *
 * An execution with a tombstone can hold units again when the original function granted them, which knows of no
 * tombstones: whoever sees both takes them off. A holder that came in after the death (it was redriven) lives.
 */
export function clearingOf(
  item: Item,
  { units, now, death }: { readonly units: number; readonly now: number; readonly death?: Death },
): Clearing | undefined {
  const deaths = deathsIn(item);
  const buries = death !== undefined && death.stoppedAt > (deaths.get(death.execution) ?? 0);
  if (buries) deaths.set(death.execution, death.stoppedAt);
  const expression = new ClearingExpression();
  let dead = 0;
  let cleared = 0;
  for (const [execution, stoppedAt] of deaths) {
    const isNew = buries && execution === death.execution;
    const expired = stoppedAt < now - TOMBSTONE_S;
    const holds = isHeldByDead(item, execution, stoppedAt);
    if (!isNew && !holds && !expired) continue;
    if (!isNew && cleared >= CLEARED_A_WRITE_MAX) continue;
    cleared += 1;
    expression.unchanged(execution, item);
    if (holds) {
      dead += 1;
      expression.remove(execution);
    }
    const tombstone = tombstoneOf(execution);
    if (isNew && !expired) expression.set(tombstone, String(stoppedAt));
    else if (!holds && item[tombstone] !== undefined) {
      expression.unchanged(tombstone, item);
      expression.remove(tombstone);
    }
  }
  // Never below nothing, should the units of a holder have been others than these.
  const freed = Math.min(dead * units, Number(item[COUNT]?.N ?? 0));
  if (freed > 0) expression.subtract(COUNT, freed);
  return expression.isEmpty ? undefined : { write: expression.write, freed };
}

function deathsIn(item: Item): Map<string, number> {
  const deaths = new Map<string, number>();
  for (const [name, value] of Object.entries(item))
    if (name.startsWith(TOMBSTONE_PREFIX) && value.N !== undefined)
      deaths.set(name.slice(TOMBSTONE_PREFIX.length), Number(value.N));
  return deaths;
}

function isHeldByDead(item: Item, execution: string, stoppedAt: number): boolean {
  const holder = item[execution];
  if (holder === undefined) return false;
  const entered = Date.parse(holder.S ?? "") / 1000;
  return !(entered > stoppedAt);
}

class ClearingExpression {
  readonly #names: Record<string, string> = {};
  readonly #values: NonNullable<Clearing["write"]["ExpressionAttributeValues"]> = {};
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];
  readonly #conditions: string[] = [];
  readonly #placeholders = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#sets.length + this.#removes.length === 0;
  }

  get write(): Clearing["write"] {
    const sets = this.#sets.length > 0 ? [`SET ${this.#sets.join(", ")}`] : [];
    const removes = this.#removes.length > 0 ? [`REMOVE ${this.#removes.join(", ")}`] : [];
    const hasValues = Object.keys(this.#values).length > 0;
    return {
      UpdateExpression: [...sets, ...removes].join(" "),
      ConditionExpression: this.#conditions.join(" AND "),
      ExpressionAttributeNames: this.#names,
      ...(hasValues && { ExpressionAttributeValues: this.#values }),
    };
  }

  unchanged(attribute: string, item: Item): void {
    const value = item[attribute];
    this.#conditions.push(
      value === undefined
        ? `attribute_not_exists(${this.#name(attribute)})`
        : `${this.#name(attribute)} = ${this.#value(value)}`,
    );
  }

  set(attribute: string, number: string): void {
    // An item that is gone by now must not come into being by a tombstone.
    this.#conditions.push(`attribute_exists(${this.#name(COUNT)})`);
    this.#sets.push(`${this.#name(attribute)} = ${this.#value({ N: number })}`);
  }

  remove(attribute: string): void {
    this.#removes.push(this.#name(attribute));
  }

  subtract(attribute: string, by: number): void {
    const name = this.#name(attribute);
    const value = this.#value({ N: String(by) });
    this.#conditions.push(`${name} >= ${value}`);
    this.#sets.push(`${name} = ${name} - ${value}`);
  }

  #name(attribute: string): string {
    const known = this.#placeholders.get(attribute);
    if (known !== undefined) return known;
    const placeholder = `#n${this.#placeholders.size}`;
    this.#placeholders.set(attribute, placeholder);
    this.#names[placeholder] = attribute;
    return placeholder;
  }

  #value(value: Item[string]): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }
}
