import type { View } from "./item.ts";
import { type Moves, NO_MOVES, type OwnSlot, type StartMove, type Terms } from "./protocol.ts";

/** An expression may hold 4 KB and an update some dozens of paths: more waits for the next write. */
const SLOTS_A_WRITE_MAX = 20;
/** A request that finds room and is refused all the same so often stands in line. */
const FRESH_TRIES_MAX = 4;
/** How much further ahead start times may lie than ours ever do before it is a lie, beside our own doubt; seconds. */
export const START_TIME_SLACK_S = 5;

/** What a process wants of the item. */
export interface Wants {
  /** Units of each request that has no tickets yet, in order. */
  readonly joining: readonly number[];
  /** Slots to give up: its own, or ones whose owners died. */
  readonly giving: readonly OwnSlot[];
  /** Requests whose units have all been called and that need a start time: their slots. */
  readonly starting: readonly (readonly OwnSlot[])[];
  /** It is this process's turn to call the line where there is room. */
  readonly calling: boolean;
}

export interface Circumstances {
  /** The item as last seen. */
  readonly view: View;
  /** How many are thought to wait by now: the line has moved since the item was seen. */
  readonly waitingExpected: number;
  /** How often this was refused in a row, each time with a fresh view. */
  readonly refusals: number;
  /** DynamoDB's time in seconds when a write that is sent now will be answered, as far as known. */
  readonly now: number;
  /** How far `now` may be off; seconds. */
  readonly doubt: number;
  /** How long a write takes, at most, lately; seconds. */
  readonly trip: number;
  /** The view is so old that anything may have changed. */
  readonly stale: boolean;
  readonly newSlotName: () => string;
}

export interface Decision {
  readonly moves: Moves;
  /** How many of the wants, from the front, these moves serve. */
  readonly joined: number;
  readonly given: number;
  readonly started: number;
}

/**
 * Which write comes next; undefined where there is nothing to write. What it assumes of the item (room, a line, where
 * the start times stand) is in the write's condition; a refused write assumes less the next time, so that in the end
 * it is refused only for slots that are lost.
 */
export function decide(
  wants: Wants,
  circumstances: Circumstances,
  terms: Terms,
): Decision | undefined {
  const decision =
    decideStart(wants, circumstances, terms) ??
    decideFresh(wants, circumstances, terms) ??
    decideLine(wants, circumstances, terms);
  const { join, admit, renew } = decision.moves;
  return join + admit.length + renew.length + decision.given > 0 ? decision : undefined;
}

/** Start times for requests that are called already. */
function decideStart(
  { starting }: Wants,
  circumstances: Circumstances,
  terms: Terms,
): Decision | undefined {
  if (starting.length === 0 || startsFullForS(circumstances, terms) > 0) return;
  const units = starting.map((slots) => slots.length);
  const started = Math.max(1, countThatFits(units, SLOTS_A_WRITE_MAX));
  const moves = {
    ...NO_MOVES,
    renew: starting.slice(0, started).flat(),
    starts: started,
    startMove: startMoveOf(circumstances, terms),
  };
  return { moves, joined: 0, given: 0, started };
}

/** Where nobody waits and there is room: in with one write, and with a start time where starts have a rate. */
function decideFresh(
  wants: Wants,
  circumstances: Circumstances,
  terms: Terms,
): Decision | undefined {
  const { view, refusals, newSlotName } = circumstances;
  const hopeful = circumstances.stale && refusals === 0;
  if (!hopeful && (view.waiting > 0 || refusals >= FRESH_TRIES_MAX)) return;
  const room = hopeful ? terms.limit : terms.limit - view.count;
  const joined = countThatFits(wants.joining, Math.min(room, SLOTS_A_WRITE_MAX));
  if (joined === 0) return;
  const units = sum(wants.joining.slice(0, joined));
  const free = wants.giving.slice(0, SLOTS_A_WRITE_MAX);
  const rated = terms.startGap !== undefined;
  if (rated && startsFullForS(circumstances, terms) > 0) return;
  return {
    moves: {
      ...NO_MOVES,
      join: units,
      admit: Array.from({ length: units }, newSlotName),
      free,
      alone: true,
      ...(rated ? { starts: joined, startMove: startMoveOf(circumstances, terms) } : {}),
    },
    joined,
    given: free.length,
    started: rated ? joined : 0,
  };
}

/** Tickets for who has none; units given up go to the line where there is one. */
function decideLine(
  wants: Wants,
  { view, refusals, newSlotName, ...circumstances }: Circumstances,
  terms: Terms,
): Decision {
  const giving = wants.giving.slice(0, SLOTS_A_WRITE_MAX);
  const join = sum(wants.joining);
  const lined = (refusals > 0 ? view.waiting : circumstances.waitingExpected) + join;
  const overLimit = view.count > terms.limit;
  const pass = overLimit || refusals > 1 ? 0 : Math.min(giving.length, lined);
  const room = Math.min(terms.limit - view.count, SLOTS_A_WRITE_MAX);
  const admit = wants.calling ? Math.max(0, Math.min(room, lined - pass)) : 0;
  return {
    moves: {
      ...NO_MOVES,
      join,
      admit: Array.from({ length: admit }, newSlotName),
      pass: giving.slice(0, pass),
      free: giving.slice(pass),
    },
    joined: wants.joining.length,
    given: giving.length,
    started: 0,
  };
}

function startMoveOf(circumstances: Circumstances, terms: Terms): StartMove {
  const { view, now, doubt, trip, refusals } = circumstances;
  const until = startHorizon(now, terms);
  // Of a crowd that finds start times in the past, one sets them; so far ahead that the others, refused, find them
  // ahead still, and one after the other get in.
  if (view.nextAvailable < now)
    return { from: "now", now: Math.min(until, now + trip * (1 + refusals)) };
  if (view.nextAvailable > until + START_TIME_SLACK_S + doubt)
    return { from: "lie", now, seen: view.nextAvailable };
  return { from: "there", now, until };
}

/** Start times lie no further ahead than as many starts as there are units: more can't be in use. */
function startHorizon(now: number, { limit, startGap = 0 }: Terms): number {
  return now + limit * startGap;
}

/**
 * For how many seconds no start time is to be had: some who reserved one gave up, and their places are taken. 0 where
 * one may be asked for.
 */
export function startsFullForS(
  { view, now, doubt }: Pick<Circumstances, "view" | "now" | "doubt">,
  terms: Terms,
): number {
  if (terms.startGap === undefined) return 0;
  const ahead = view.nextAvailable - startHorizon(now, terms);
  return ahead > START_TIME_SLACK_S + doubt ? 0 : Math.max(0, ahead);
}

/** The instants (seconds since 1970) that a write has handed out, in order, by the item that it left. */
export function startTimesOf(view: View, starts: number, startGap: number): number[] {
  return Array.from(
    { length: starts },
    (_, place) => view.nextAvailable - (starts - place) * startGap,
  );
}

function countThatFits(units: readonly number[], room: number): number {
  let used = 0;
  let count = 0;
  for (const next of units) {
    if (used + next > room) break;
    used += next;
    count += 1;
  }
  return count;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}
