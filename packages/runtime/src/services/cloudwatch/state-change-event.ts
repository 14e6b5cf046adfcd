import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import { DONE, type OwedHandler } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { eventDetail, type StateChange } from "./notification.ts";
import { asCloudWatch } from "./world.ts";

export const STATE_CHANGE_EVENT = "cloudwatch:state-change-event";

interface EventOwed {
  readonly alarmArn: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** JSON. */
  readonly detail: string;
}

/**
 * Owes the default event bus the change of an alarm's state, whether its actions are enabled or not.
 * Source: CloudWatch user guide, "Alarm events and EventBridge".
 */
export function oweStateChangeEvent(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  change: StateChange,
): void {
  const { alarm, after } = change;
  cloud.owed.add<EventOwed>(tx, {
    kind: STATE_CHANGE_EVENT,
    caller: asCloudWatch(world, alarm.arn),
    lane: `${STATE_CHANGE_EVENT} ${alarm.arn}`,
    payload: { alarmArn: alarm.arn, at: after.updatedAt, detail: eventDetail(change) },
  });
}

/** Puts an owed event. A cloud without EventBridge has nobody to tell. */
export const putStateChangeEvent: OwedHandler = async (
  cloud,
  { caller, payload }: { caller: Caller; payload: EventOwed },
) => {
  const entry = {
    Source: "aws.cloudwatch",
    DetailType: "CloudWatch Alarm State Change",
    Time: new Date(payload.at),
    Resources: [payload.alarmArn],
    Detail: payload.detail,
  };
  try {
    await cloud.call(caller, "eventbridge", "PutEvents", { Entries: [entry] });
  } catch (error) {
    if (!isServiceError(error, "NotImplemented")) throw error;
  }
  return DONE;
};
