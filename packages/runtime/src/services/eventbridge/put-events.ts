import { randomUUID } from "node:crypto";
import type { PutEventsRequestEntry, PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import { Constraints, violation } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { busArn, busNamed, findBus } from "./bus.ts";
import { invalid } from "./errors.ts";
import { writeEvent } from "./event.ts";
import { type Arrival, accept, goesNowhere, type Routed, route } from "./ingest.ts";
import { measureRegion } from "./metrics.ts";

const ENTRIES_MAX = 10;
const AT_MOST_ENTRIES = `Member must have length less than or equal to ${ENTRIES_MAX}`;
/** Source: API reference, PutEvents: "the total entry size must be less than 1MB". */
const REQUEST_BYTES_MAX = 1_048_576;
/** Source: EventBridge user guide, "Calculating PutEvents event entry size". */
const TIME_BYTES = 14;
const DETAIL_TYPE_LENGTH_MAX = 128;
/** Source: API reference, PutEvents: it "will only process nested JSON up to 1000 levels deep". */
const DETAIL_DEPTH_MAX = 1_000;

/** What an entry is refused with; the others are accepted all the same. */
class EntryRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Takes events in: an entry that is wrong is answered with its error, and an entry for a bus that does not exist with
 * an id, as AWS does, though it goes nowhere. Everything that the others owe is written in one transaction. Throws
 * `ValidationException` when there are too many entries or too much in them.
 */
export const putEvents: OperationOf<"eventbridge", "PutEvents"> = async (
  { cloud, caller },
  input,
) => {
  const entries = input.Entries ?? [];
  new Constraints()
    .required("entries", input.Entries)
    .length("entries", input.Entries, { min: 1 })
    .check("ValidationException");
  if (entries.length > ENTRIES_MAX)
    throw violation("ValidationException", "entries", shown(entries), AT_MOST_ENTRIES);
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size >= REQUEST_BYTES_MAX)
    throw invalid("Total size of the entries in the request is over the limit.");
  const results: PutEventsResultEntry[] = [];
  const routed: Routed[] = [];
  for (const entry of entries) {
    try {
      const arrival = arrivalOf(caller, entry, cloud.clock.now());
      results.push({ EventId: arrival.written.event.id });
      if (!cloud.store.read((tx) => findBus(tx, arrival.bus))) continue;
      const one = route(cloud, arrival);
      if (!goesNowhere(one)) routed.push(one);
    } catch (error) {
      if (!(error instanceof EntryRefused)) throw error;
      results.push({ ErrorCode: error.code, ErrorMessage: error.message });
    }
  }
  if (routed.length > 0)
    await cloud.store.write((tx) => {
      for (const one of routed) accept(cloud, tx, one);
    });
  const failed = results.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
  measureRegion(cloud, caller, "PutEventsApproximateCallCount");
  measureRegion(cloud, caller, "PutEventsApproximateSuccessCount");
  measureRegion(cloud, caller, "PutEventsEntriesCount", entries.length);
  measureRegion(cloud, caller, "PutEventsRequestSize", size);
  if (failed > 0) measureRegion(cloud, caller, "PutEventsFailedEntriesCount", failed);
  return { FailedEntryCount: failed, Entries: results };
};

/** The buses that take a chain of requests in, as the door records it. */
export function chainTakenInBy(
  caller: Caller,
  entries: readonly PutEventsRequestEntry[],
): string[] {
  const buses = entries.map(({ EventBusName }) => busArn(busNamed(caller, EventBusName)));
  return [...new Set(buses)];
}

/** As AWS shows them: recorded in LocalStack's snapshot of test_put_events_exceed_limit_ten_entries. */
function shown(entries: readonly PutEventsRequestEntry[]): string {
  const all = entries.map((entry) => {
    const members = {
      time: entry.Time?.toISOString(),
      source: entry.Source,
      resources: entry.Resources && `[${entry.Resources.join(", ")}]`,
      detailType: entry.DetailType,
      detail: entry.Detail,
      eventBusName: entry.EventBusName,
      traceHeader: entry.TraceHeader,
      kmsKeyIdentifier: undefined,
      internalMetadata: undefined,
    };
    const told = Object.entries(members).map(([name, value]) => `${name}=${value ?? null}`);
    return `PutEventsRequestEntry(${told.join(", ")})`;
  });
  return `[${all.join(", ")}]`;
}

function sizeOf({ Time, Source, DetailType, Detail, Resources }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...(Resources ?? [])];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
  return bytes + (Time === undefined ? 0 : TIME_BYTES);
}

function arrivalOf(caller: Caller, entry: PutEventsRequestEntry, now: number): Arrival {
  const source = required("Source", entry.Source);
  const detailType = required("DetailType", entry.DetailType);
  const detail = required("Detail", entry.Detail);
  if (detailType.length > DETAIL_TYPE_LENGTH_MAX)
    throw refused("DetailType", `DetailType is longer than ${DETAIL_TYPE_LENGTH_MAX} characters.`);
  if (isReserved(source) && !isServicePrincipal(caller.principal))
    throw new EntryRefused("NotAuthorizedForSourceException", "Not authorized for the source.");
  const parsed = parseDetail(detail);
  const bus = busNamed(caller, entry.EventBusName);
  const content = {
    id: randomUUID(),
    source,
    detailType,
    time: entry.Time?.getTime() ?? now,
    resources: entry.Resources ?? [],
    detail,
  };
  return {
    bus,
    written: writeEvent({ account: caller.account, region: bus.region }, content, parsed),
    // Instrumentation may have put its own header into the entry; the chain of requests comes with the call.
    traceHeader: caller.traceHeader ?? entry.TraceHeader,
    forwarded: false,
  };
}

function required(name: string, value: string | undefined): string {
  if (!value) throw refused(name, `${name} is a required argument.`);
  return value;
}

function refused(name: string, reason: string): EntryRefused {
  return new EntryRefused("InvalidArgument", `Parameter ${name} is not valid. Reason: ${reason}`);
}

function parseDetail(detail: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = isTooDeep(detail) ? undefined : JSON.parse(detail);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new EntryRefused("MalformedDetail", "Detail is malformed.");
  return parsed as Readonly<Record<string, unknown>>;
}

function isTooDeep(json: string): boolean {
  if (json.length <= DETAIL_DEPTH_MAX) return false;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth > DETAIL_DEPTH_MAX) return true;
  }
  return false;
}

/** Sources of AWS's own services. Source: API reference, PutEventsResultEntry, `NotAuthorizedForSourceException`. */
function isReserved(source: string): boolean {
  return source.startsWith("aws.");
}

function isServicePrincipal(principal: string): boolean {
  return principal.endsWith(".amazonaws.com");
}
