import { type Item, viewOf } from "./item.ts";
import type { TicketRecord } from "./records.ts";

/** Tickets whose records are read at once. */
const RECORDS_MAX = 300;

export interface Holder {
  /** "lease": a unit of this library's. "execution": a holder that the handlers or the original functions wrote. */
  readonly kind: "lease" | "execution";
  /** The owner's name, or the execution's ARN; undefined where the owner came less than some seconds ago. */
  readonly owner: string | undefined;
  /** ISO 8601; when an owner of ours asked, or an execution entered its state. */
  readonly since: string | undefined;
  /** ISO 8601; when the lease of a state machine's execution ends. Undefined for all others. */
  readonly until: string | undefined;
  /** The fencing token of a lease's unit. */
  readonly token: number | undefined;
  /** The attribute of the unit. */
  readonly attribute: string;
  /** It has renewed its lease; one that has not may be in line no more. */
  readonly claimed: boolean;
}

export interface Waiter {
  readonly ticket: number;
  /** 1 is next. */
  readonly place: number;
  readonly owner: string | undefined;
  readonly since: string | undefined;
}

/** A semaphore as it stands. */
export interface Inspection {
  readonly name: string;
  readonly exists: boolean;
  /** The looker's own; for an `Observer` that of whoever wrote last, undefined where only others wrote. */
  readonly limit: number | undefined;
  /** Units out: ours, and the original functions'. */
  readonly held: number;
  readonly holders: readonly Holder[];
  /** Tickets in line. */
  readonly waiting: number;
  readonly waiters: readonly Waiter[];
  /** Executions of state machines that wait to be called, in a line of their own. */
  readonly executionsWaiting: number;
  /** The last ticket called. */
  readonly head: number;
  readonly leaseMs: number | undefined;
  /** The earliest next start, ISO 8601; undefined where that has passed. */
  readonly nextStart: string | undefined;
  /** DynamoDB's time, ISO 8601. */
  readonly at: string;
}

export async function inspectionOf(
  item: Item | undefined,
  {
    name,
    keyAttribute,
    limit,
    now,
    recordsOf,
  }: {
    readonly name: string;
    readonly keyAttribute: string;
    readonly limit: number | undefined;
    readonly now: number;
    readonly recordsOf: (tickets: readonly number[]) => Promise<ReadonlyMap<number, TicketRecord>>;
  },
): Promise<Inspection> {
  const view = viewOf(item ?? {}, keyAttribute);
  const inLine = Array.from(
    { length: Math.min(view.waiting, RECORDS_MAX) },
    (_, place) => view.head + 1 + place,
  );
  const slots = view.slots.toSorted((one, other) => one.ticket - other.ticket);
  const records = await recordsOf([...slots.map(({ ticket }) => ticket), ...inLine]);
  const known = (ticket: number) => {
    const record = records.get(ticket);
    return { owner: record?.owner, since: record && new Date(record.since).toISOString() };
  };
  const leases = slots.map(({ ticket, name: attribute, claimed }): Holder => {
    const unit = { until: undefined, token: ticket, attribute, claimed };
    return { kind: "lease", ...known(ticket), ...unit };
  });
  const executions = view.executions.map(({ execution, since, until }): Holder => {
    const identity = { owner: execution, since, until, attribute: execution };
    return { kind: "execution", ...identity, token: undefined, claimed: true };
  });
  const nextStart = view.nextAvailable * 1000;
  return {
    name,
    exists: item !== undefined,
    limit: limit ?? view.limit,
    held: view.count,
    holders: [...executions, ...leases],
    waiting: view.waiting,
    waiters: inLine.map((ticket, place) => ({ ticket, place: place + 1, ...known(ticket) })),
    executionsWaiting: view.executionsWaiting,
    head: view.head,
    leaseMs: view.leaseMs,
    nextStart: nextStart > now ? new Date(nextStart).toISOString() : undefined,
    at: new Date(now).toISOString(),
  };
}
