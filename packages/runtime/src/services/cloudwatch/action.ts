import { parseArn } from "../../arn.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import type { OwedHandler } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type AlarmRecord, actionsFor } from "./alarm.ts";
import { addHistory } from "./history.ts";
import { javaTime } from "./java-text.ts";
import {
  functionEvent,
  notificationMessage,
  notificationSubject,
  type StateChange,
} from "./notification.ts";
import { asCloudWatch } from "./world.ts";

export const ACTION = "cloudwatch:action";

/** One action of one change of state, written whole when the state changes. */
interface ActionOwed {
  readonly world: World;
  readonly alarm: string;
  readonly alarmArn: string;
  readonly alarmKind: AlarmRecord["kind"];
  /** The ARN of what is to be done. */
  readonly action: string;
  readonly stateUpdatedAt: number;
  readonly subject: string;
  /** What a topic is sent. */
  readonly message: string;
  /** What a function is sent. */
  readonly event: string;
}

/** Owes the actions of the alarm's new state, in their order. */
export function oweActions(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  change: StateChange,
): void {
  const { alarm, after } = change;
  if (!alarm.actionsEnabled) return;
  for (const action of actionsFor(alarm, after.value))
    cloud.owed.add<ActionOwed>(tx, {
      kind: ACTION,
      caller: asCloudWatch(world, alarm.arn),
      lane: `${ACTION} ${alarm.arn}`,
      payload: {
        world: { account: world.account, region: world.region },
        alarm: alarm.name,
        alarmArn: alarm.arn,
        alarmKind: alarm.kind,
        action,
        stateUpdatedAt: after.updatedAt,
        subject: notificationSubject(world, change),
        message: notificationMessage(world, change),
        event: functionEvent(world, change),
      },
    });
}

/** Does an owed action, and writes into the alarm's history whether it succeeded. */
export const doAction: OwedHandler = async (cloud, { payload }: { payload: ActionOwed }) => {
  const failure = await attempt(cloud, payload);
  const { world, alarm, alarmKind, action, stateUpdatedAt, message, event } = payload;
  const toFunction = parseArn(action)?.service === "lambda";
  return {
    done: true,
    commit: (tx) =>
      addHistory(tx, world, {
        alarm,
        alarmKind,
        at: cloud.clock.now(),
        type: "Action",
        summary:
          failure === undefined
            ? `Successfully executed action ${action}`
            : `Failed to execute action ${action}. Received error: "${failure}"`,
        data: JSON.stringify({
          actionState: failure === undefined ? "Succeeded" : "Failed",
          stateUpdateTimestamp: stateUpdatedAt,
          stateUpdateTime: javaTime(stateUpdatedAt),
          notificationResource: action,
          publishedMessage: toFunction ? event : JSON.stringify({ default: message }),
          error: failure ?? null,
        }),
      }),
  };
};

/** Resolves with why the action failed, or undefined. */
async function attempt(cloud: Cloud, owed: ActionOwed): Promise<string | undefined> {
  const { world, alarmArn, action, subject, message, event } = owed;
  const caller = asCloudWatch(world, alarmArn);
  const service = parseArn(action)?.service;
  try {
    if (service === "sns") {
      const input = { TopicArn: action, Subject: subject, Message: message };
      await cloud.call(caller, "sns", "Publish", input);
      return undefined;
    }
    if (service === "lambda") {
      // The principal that a function's policy names to let alarms invoke it.
      const invoker = { ...caller, principal: "lambda.alarms.cloudwatch.amazonaws.com" };
      const Payload = Buffer.from(event);
      const input = { FunctionName: action, InvocationType: "Event" as const, Payload };
      await cloud.call(invoker, "lambda", "Invoke", input);
      return undefined;
    }
    return "Flyball carries out alarm actions of Amazon SNS and AWS Lambda only.";
  } catch (error) {
    if (isServiceError(error)) return error.message;
    throw error;
  }
}
