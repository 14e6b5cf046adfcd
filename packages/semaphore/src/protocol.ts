/**
 * The protocol: a line of tickets in one item.
 *
 * State. Beside what the original functions keep (`currentlockcount`, `nextavailtime`, an attribute an execution),
 * the item has `fbhead` (the last ticket that was called), `fbwait` (how many behind it wait; `fbhead + fbwait` is the
 * last ticket taken), `fbseq` (counts our writes), `fblease`, and an attribute for each unit of ours that is out: a
 * *slot*. A slot's value is the number of the ticket that has the unit; its fraction counts that ticket's renewals.
 *
 *     waiting --called--> called --renewal--> claimed --renewal--> claimed …
 *                           |                    |
 *                           +------ given up ----+----> the slot holds the next ticket, or is removed
 *
 * Writes. All are one conditional `UpdateItem`, and all are sums of five moves on the counters:
 *
 *     join k     fbwait += k                                   takes the tickets up to fbhead + fbwait
 *     admit a    slot_i = fbhead + i (new slots); fbhead += a; fbwait -= a; currentlockcount += a
 *     pass p     slot_i = fbhead + i (mine);      fbhead += p; fbwait -= p
 *     free f     slots removed; currentlockcount -= f
 *     renew      slot += 0.000000001
 *
 * None of them needs to know what `fbhead` is, because an update expression may add to what it finds. So 200
 * clients that know nothing of one another don't make each other's writes fail. Getting in is `join 1, admit 1` where
 * there is room (one write), or that, refused, and then `join 1` (two); where it is known to be full, `join 1`
 * alone. A release is `pass 1`, and the next in line has the unit without writing: it *sees* its ticket in a slot.
 *
 * Why the limit holds. `currentlockcount` is the units out. Only admitting raises it, on the condition that it stays
 * within the limit; passing keeps it, on the condition that it is within the limit (so a lowered limit is
 * reached by releases); each slot is one of its units. Giving up is conditional on the slot holding that ticket, and
 * no ticket is ever in two slots or comes twice, so a repeated or late request gives up nothing. A repeated join
 * leaves a ticket that nobody has; a repeated admission calls the next in line while there is room: both are then
 * cared for as one whose owner died.
 *
 * Why a pause or a clock breaks nothing. An observer takes a slot from a dead owner by giving it up on the condition
 * that it has the *exact version* which the observer has seen unchanged for the slot's duration on the observer's own
 * monotonic clock, counted from when it got the first answer that showed it. An owner believes in its slot for that
 * duration from when it *sent* the last renewal that succeeded, or the last request whose answer showed that it was
 * not called yet: both are earlier than the version that the observer times. No two clocks are compared, only
 * their pace (an observer waits 5 % longer). A claimed slot lives for `fblease`; one that was called and has shown no
 * sign yet for half of it: that is how long a dead waiter that comes to the front of the line holds a unit up. Where
 * nobody waits, who joins is who is admitted: its slot is claimed from the beginning.
 *
 * Starts. A write that hands out n starts moves `nextavailtime` on by n / rate, from where it is if that lies ahead,
 * or from now: start times lie at least 1 / rate apart by arithmetic, whatever anyone's clock says. Every reserved
 * start has a unit, so they need to lie at most limit / rate ahead, and none is reserved beyond: who gives up while it
 * waits for its start wastes one, but pushes nobody away. A value much further ahead comes from a clock that lies (an
 * original function's), and is put right on the condition that it is still that. "Now" is DynamoDB's (see server-time.ts).
 *
 * Numbers. About 130 bytes, and 22 for each unit out: 1 WCU a write up to 40 units. A renewal a third of a lease for
 * all units of a process together. A waiter's look is a consistent read, 1 RCU up to 180 units.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  COUNT,
  decimal,
  firstVersionOf,
  HEAD,
  LIMIT,
  lastVersionOf,
  NEXT_AVAILABLE,
  RENEWAL,
  SEQUENCE,
  WAITING,
} from "./item.ts";

/** A slot that a write gives up or renews: any version of one ticket (its owner), or one version alone (an observer). */
export interface OwnSlot {
  readonly name: string;
  readonly ticket: number;
  readonly exactly?: string;
}

/** How a write moves `nextavailtime`, decided by what it was when last seen; conditional on that. */
export type StartMove =
  | { readonly from: "there"; readonly now: number; readonly until: number }
  | { readonly from: "now"; readonly now: number }
  | { readonly from: "lie"; readonly now: number; readonly seen: number };

/** One write: what it does to the line, the slots and the start times. */
export interface Moves {
  /** Tickets taken. */
  readonly join: number;
  /** New slots for the next in line, by name. */
  readonly admit: readonly string[];
  /** Slots that go to the next in line. */
  readonly pass: readonly OwnSlot[];
  /** Slots that go out of use. */
  readonly free: readonly OwnSlot[];
  readonly renew: readonly OwnSlot[];
  /** Start times handed out, 1 / rate apart. */
  readonly starts: number;
  readonly startMove?: StartMove;
  /** On the condition that nobody waits: then whom it admits is who joins, and a repeated write can be told. */
  readonly alone: boolean;
}

export const NO_MOVES: Moves = {
  join: 0,
  admit: [],
  pass: [],
  free: [],
  renew: [],
  starts: 0,
  alone: false,
};

export interface Terms {
  /** Units. */
  readonly limit: number;
  /** Seconds between two starts; undefined where starts have no rate. */
  readonly startGap: number | undefined;
}

/** The expressions of an `UpdateItem`. */
export interface Write {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

export function writeOf(moves: Moves, { limit, startGap }: Terms): Write {
  const expressions = new Expressions();
  const { name, value } = expressions;
  const sets: string[] = [
    `${name(SEQUENCE)} = ${name(SEQUENCE)} + ${value(1)}`,
    `${name(LIMIT)} = ${value(limit)}`,
  ];
  const removes: string[] = [];
  const conditions: string[] = [];
  const called = moves.pass.length + moves.admit.length;

  for (const slot of [...moves.pass, ...moves.free, ...moves.renew])
    conditions.push(
      slot.exactly === undefined
        ? `${name(slot.name)} BETWEEN ${value(slot.ticket)} AND ${value(lastVersionOf(slot.ticket))}`
        : `${name(slot.name)} = ${value(slot.exactly)}`,
    );
  for (const slot of moves.admit) conditions.push(`attribute_not_exists(${name(slot)})`);
  [...moves.pass.map((slot) => slot.name), ...moves.admit].forEach((slot, place) => {
    // Who admits itself has shown itself.
    const called = moves.alone ? firstVersionOf(place + 1) : place + 1;
    sets.push(`${name(slot)} = ${name(HEAD)} + ${value(called)}`);
  });
  for (const slot of moves.renew)
    sets.push(`${name(slot.name)} = ${name(slot.name)} + ${value(RENEWAL)}`);
  for (const slot of moves.free) removes.push(name(slot.name));

  if (called > 0) {
    sets.push(`${name(HEAD)} = ${name(HEAD)} + ${value(called)}`);
    conditions.push(`${name(COUNT)} <= ${value(limit - moves.admit.length)}`);
  }
  if (called > moves.join) conditions.push(`${name(WAITING)} >= ${value(called - moves.join)}`);
  expressions.add(sets, WAITING, moves.join - called);
  expressions.add(sets, COUNT, moves.admit.length - moves.free.length);

  if (moves.starts > 0 && moves.startMove !== undefined && startGap !== undefined) {
    const next = name(NEXT_AVAILABLE);
    const { startMove } = moves;
    const reserved = startGap * moves.starts;
    if (startMove.from === "there") {
      const [now, until] = [value(decimal(startMove.now)), value(decimal(startMove.until))];
      conditions.push(`${next} BETWEEN ${now} AND ${until}`);
      sets.push(`${next} = ${next} + ${value(decimal(reserved))}`);
    } else {
      const seen = startMove.from === "lie" ? startMove.seen : undefined;
      conditions.push(
        seen === undefined
          ? `${next} < ${value(decimal(startMove.now))}`
          : `${next} > ${value(decimal(seen - 1))}`,
      );
      sets.push(`${next} = ${value(decimal(startMove.now + reserved))}`);
    }
  }
  if (moves.alone) conditions.push(`${name(WAITING)} <= ${value(0)}`);

  return {
    UpdateExpression: `SET ${sets.join(", ")}${removes.length > 0 ? ` REMOVE ${removes.join(", ")}` : ""}`,
    // Nothing is ever written to an item that is missing: it would come into being without a limit kept.
    ConditionExpression: [`attribute_exists(${name(HEAD)})`, ...conditions].join(" AND "),
    ExpressionAttributeNames: expressions.names,
    ExpressionAttributeValues: expressions.values,
  };
}

class Expressions {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  readonly #nameOf = new Map<string, string>();
  readonly #valueOf = new Map<string, string>();

  readonly name = (attribute: string): string => {
    const known = this.#nameOf.get(attribute);
    if (known !== undefined) return known;
    const placeholder = `#n${this.#nameOf.size}`;
    this.#nameOf.set(attribute, placeholder);
    this.names[placeholder] = attribute;
    return placeholder;
  };

  readonly value = (number: number | string): string => {
    const text = String(number);
    const known = this.#valueOf.get(text);
    if (known !== undefined) return known;
    const placeholder = `:v${this.#valueOf.size}`;
    this.#valueOf.set(text, placeholder);
    this.values[placeholder] = { N: text };
    return placeholder;
  };

  add(sets: string[], attribute: string, by: number): void {
    if (by === 0) return;
    const sign = by > 0 ? "+" : "-";
    sets.push(
      `${this.name(attribute)} = ${this.name(attribute)} ${sign} ${this.value(Math.abs(by))}`,
    );
  }
}
