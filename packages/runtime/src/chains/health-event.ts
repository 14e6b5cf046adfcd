import { randomUUID } from "node:crypto";
import { arn } from "../arn.ts";
import type { ReadTransaction, WriteTransaction } from "../store/store.ts";

const EVENT_TYPE = "AWS_LAMBDA_RUNAWAY_TERMINATION_NOTIFICATION";
const DAY_MS = 24 * 60 * 60 * 1000;
const HEALTH = ["health"] as const;

/**
 * An event as AWS Health sends it to EventBridge. Source: AWS Health user guide, "Reference: AWS Health events
 * Amazon EventBridge schema"; its type: Lambda developer guide, "Use Lambda recursive loop detection".
 */
export interface HealthEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": "AWS Health Event";
  readonly source: "aws.health";
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Termination {
  readonly account: string;
  readonly region: string;
  readonly functionArn: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Records that a function's runaway invocations were terminated, once a function a day as AWS notifies it. On AWS it
 * comes hours later; here at once. Returns the event when there is a new one.
 */
export function recordTermination(
  tx: WriteTransaction,
  termination: Termination,
): HealthEvent | undefined {
  const { account, region, functionArn, at } = termination;
  const key = [...HEALTH, account, region, functionArn, Math.floor(at / DAY_MS)];
  if (tx.get(key)) return undefined;
  const event = terminationEvent(termination);
  tx.put(key, event);
  return event;
}

/** Every Health event, in every account and Region, the latest first. */
export function listHealthEvents(tx: ReadTransaction): HealthEvent[] {
  const events = [...tx.range<HealthEvent>({ prefix: HEALTH })].map(({ value }) => value);
  return events.sort((left, right) => right.time.localeCompare(left.time));
}

function terminationEvent({ account, region, functionArn, at }: Termination): HealthEvent {
  const time = new Date(at);
  const id = randomUUID();
  return {
    version: "0",
    id,
    "detail-type": "AWS Health Event",
    source: "aws.health",
    account,
    time: time.toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [functionArn],
    detail: {
      eventArn: arn("health", region, "", `event/LAMBDA/${EVENT_TYPE}/${EVENT_TYPE}_${id}`),
      service: "LAMBDA",
      eventTypeCode: EVENT_TYPE,
      eventTypeCategory: "accountNotification",
      eventScopeCode: "ACCOUNT_SPECIFIC",
      communicationId: randomUUID(),
      startTime: time.toUTCString(),
      lastUpdatedTime: time.toUTCString(),
      statusCode: "open",
      eventRegion: region,
      eventDescription: [
        {
          language: "en_US",
          latestDescription: `Lambda has detected that ${functionArn} is invoked in a recursive loop with other AWS resources, and has stopped its invocations in that chain of requests. If the loop is intended, allow it with PutFunctionRecursionConfig.`,
        },
      ],
      affectedEntities: [
        { entityValue: functionArn, lastUpdatedTime: time.toUTCString(), status: "IMPAIRED" },
      ],
      affectedAccount: account,
      page: "1",
      totalPages: "1",
    },
  };
}
