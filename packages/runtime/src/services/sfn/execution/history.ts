import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";
import type { Key } from "../../../store/store.ts";
import type { World } from "../../../world.ts";

/** The member of a HistoryEvent that holds the details of an event of this type. */
type DetailsMember<Type extends HistoryEventType> = Type extends `${string}StateEntered`
  ? "stateEnteredEventDetails"
  : Type extends `${string}StateExited`
    ? "stateExitedEventDetails"
    : `${Uncapitalize<Type>}EventDetails`;

/** The details of an event by its type, as the SDK has them; `undefined` for an event that has none. */
export type DetailsOf<Type extends HistoryEventType> =
  DetailsMember<Type> extends keyof HistoryEvent
    ? NonNullable<HistoryEvent[DetailsMember<Type>]>
    : undefined;

/** An event as the history keeps it. */
export interface RecordedEvent {
  /** From 1 on, in the order in which things happened. */
  readonly id: number;
  /** What it came after on its line of states; 0 at the beginning. */
  readonly previousEventId: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly type: HistoryEventType;
  readonly details?: object;
}

/** What an event carries of an execution's data, which a reader may leave out. */
const DATA = new Set([
  "input",
  "inputDetails",
  "output",
  "outputDetails",
  "parameters",
  "assignedVariables",
  "assignedVariablesDetails",
]);

export function historyKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "history", executionId];
}

/** The event in the SDK's shape. Without data, its details tell names and errors only. */
export function toHistoryEvent(event: RecordedEvent, includeData: boolean): HistoryEvent {
  const { id, previousEventId, at, type, details } = event;
  return {
    timestamp: new Date(at),
    type,
    id,
    previousEventId,
    ...(details && { [detailsMember(type)]: includeData ? details : withoutData(details) }),
  };
}

export function withoutData(details: object): object {
  return Object.fromEntries(Object.entries(details).filter(([member]) => !DATA.has(member)));
}

function detailsMember(type: HistoryEventType): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type[0]!.toLowerCase()}${type.slice(1)}EventDetails`;
}
