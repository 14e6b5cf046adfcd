import type { World } from "../../world.ts";

/**
 * An event as it is matched and delivered. Source: EventBridge user guide, "Events in Amazon EventBridge", "Event
 * structure reference"; `replay-name`: "Replaying archived events".
 */
export interface Event {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  /** Whose event it is, wherever it is sent on to. */
  readonly account: string;
  /** To the second: `2026-01-15T12:00:00Z`. */
  readonly time: string;
  readonly region: string;
  readonly "replay-name"?: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event, and its JSON text, in which the detail's numbers are as its sender wrote them. */
export interface WrittenEvent {
  readonly event: Event;
  readonly text: string;
}

/** What an event says beside what EventBridge adds. */
export interface EventContent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly resources: readonly string[];
  /** A JSON object. */
  readonly detail: string;
}

/** Writes an event of an account's Region. `detail` has to be the JSON text of an object. */
export function writeEvent(
  { account, region }: World,
  { id, source, detailType, time, resources, detail }: EventContent,
  parsed: Readonly<Record<string, unknown>>,
): WrittenEvent {
  const head = {
    version: "0",
    id,
    "detail-type": detailType,
    source,
    account,
    time: eventTime(time),
    region,
    resources,
  } as const;
  return {
    event: { ...head, detail: parsed },
    text: `${JSON.stringify(head).slice(0, -1)},"detail":${withoutBlanks(detail)}}`,
  };
}

export function readEvent(text: string): WrittenEvent {
  // The text is one that writeEvent or withReplayName wrote.
  return { text, event: JSON.parse(text) as Event };
}

/** The event as a replay sends it: it says the replay's name. */
export function withReplayName({ event, text }: WrittenEvent, name: string): WrittenEvent {
  return {
    event: { ...event, "replay-name": name },
    text: `${text.slice(0, -1)},"replay-name":${JSON.stringify(name)}}`,
  };
}

/** `2026-01-15T12:00:00Z` */
export function eventTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** JSON text without the blanks between its tokens. */
function withoutBlanks(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, "$1");
}
