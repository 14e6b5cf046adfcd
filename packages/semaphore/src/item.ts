import assert from "node:assert";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

/** The attributes that the original semaphore functions know too. */
export const COUNT = "currentlockcount";
export const NEXT_AVAILABLE = "nextavailtime";
/** Ours. No execution's ARN is named so. */
export const HEAD = "fbhead";
export const WAITING = "fbwait";
export const SEQUENCE = "fbseq";
export const LEASE_MS = "fblease";
/** For people to read: each writer's limit is its own, and that is the one that it keeps to. */
export const LIMIT = "fblimit";
export const SLOT_PREFIX = "fb#";
/** Of state machines that wait: tickets that their executions took, and those that were called. */
export const JOINED = "fbjoined";
export const CALLED = "fbcalled";

/** A slot's version counts renewals behind the decimal point: a renewal every second lasts 31 years. */
const VERSION_DIGITS = 9;
/** What one renewal adds to a slot's value. */
export const RENEWAL = `0.${"0".repeat(VERSION_DIGITS - 1)}1`;

/**
 * One unit that is out. Its value is a ticket's number, and behind the decimal point how often the ticket's owner
 * has renewed it: any sign of life changes it, and any other owner has another ticket.
 */
export interface SlotState {
  /** The attribute. It keeps its name while the unit goes from owner to owner. */
  readonly name: string;
  readonly ticket: number;
  /** Its owner has shown itself since it was called. */
  readonly claimed: boolean;
  /** The attribute's number as DynamoDB writes it, for conditions on exactly this version. */
  readonly version: string;
}

/**
 * A holder that the original functions, our handlers or a state machine wrote: its execution, and since when. ISO 8601.
 */
export interface ExecutionHolder {
  readonly execution: string;
  readonly since: string;
  /** When its lease ends; a state machine's alone has one. */
  readonly until: string | undefined;
}

/** A semaphore's item, read. */
export interface View {
  /** Units out: ours, and those of the original functions. */
  readonly count: number;
  /** No start before it; seconds since 1970. */
  readonly nextAvailable: number;
  /** The last ticket that was called. */
  readonly head: number;
  /** Tickets behind `head` that wait. */
  readonly waiting: number;
  /** Grows with each of our writes. */
  readonly sequence: number;
  /** How long a claimed slot lives without renewal, in ms; undefined where ours has not been here yet. */
  readonly leaseMs: number | undefined;
  /** The limit of whoever wrote last; undefined where ours has not written yet. */
  readonly limit: number | undefined;
  readonly slots: readonly SlotState[];
  readonly executions: readonly ExecutionHolder[];
  /** Executions that wait to be called. */
  readonly executionsWaiting: number;
}

export function viewOf(item: Item, keyAttribute: string): View {
  const slots: SlotState[] = [];
  const executions: ExecutionHolder[] = [];
  for (const [name, value] of Object.entries(item)) {
    if (name.startsWith(SLOT_PREFIX) && value.N !== undefined) slots.push(slotOf(name, value.N));
    else if (value.S !== undefined && name !== keyAttribute)
      executions.push(executionOf(name, value.S));
  }
  return {
    count: numberAt(item, COUNT) ?? 0,
    nextAvailable: numberAt(item, NEXT_AVAILABLE) ?? 0,
    head: numberAt(item, HEAD) ?? 0,
    waiting: numberAt(item, WAITING) ?? 0,
    sequence: numberAt(item, SEQUENCE) ?? 0,
    leaseMs: numberAt(item, LEASE_MS),
    limit: numberAt(item, LIMIT),
    slots,
    executions,
    executionsWaiting: Math.max(0, (numberAt(item, JOINED) ?? 0) - (numberAt(item, CALLED) ?? 0)),
  };
}

function executionOf(execution: string, value: string): ExecutionHolder {
  const [since = value, until] = value.split("/");
  return { execution, since, until };
}

function slotOf(name: string, version: string): SlotState {
  const point = version.indexOf(".");
  const ticket = Number(point < 0 ? version : version.slice(0, point));
  assert(Number.isSafeInteger(ticket), `slot ${name} holds ${version}, which is no ticket`);
  return { name, ticket, claimed: point >= 0, version };
}

function numberAt(item: Item, attribute: string): number | undefined {
  const text = item[attribute]?.N;
  return text === undefined ? undefined : Number(text);
}

/** A ticket's version with its first sign of life. */
export function firstVersionOf(ticket: number): string {
  return `${ticket}${RENEWAL.slice(1)}`;
}

/** The greatest version that a ticket's slot can have. */
export function lastVersionOf(ticket: number): string {
  return `${ticket}.${"9".repeat(VERSION_DIGITS)}`;
}

/** A number as DynamoDB takes it: no exponent, and no more digits than a double is good for. */
export function decimal(value: number): string {
  const text = value.toFixed(9);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A semaphore on which nobody holds anything, its tickets beginning at `head`. */
export function emptyItem(
  key: Item,
  { head, leaseMs }: { readonly head: number; readonly leaseMs: number },
): Item {
  return {
    ...key,
    [COUNT]: { N: "0" },
    [NEXT_AVAILABLE]: { N: "0" },
    [HEAD]: { N: String(head) },
    [WAITING]: { N: "0" },
    [SEQUENCE]: { N: "0" },
    [LEASE_MS]: { N: String(leaseMs) },
  };
}
