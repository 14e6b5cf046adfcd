import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../cloud.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type AlarmRecord, type AlarmState, alarmKey, getAlarm } from "./alarm.ts";
import { holds, parseRule, type Rule } from "./composite-rule.ts";
import { addHistory } from "./history.ts";
import { javaTime, longTime } from "./java-text.ts";
import { oweStateChangeEvent } from "./state-change-event.ts";
import { actUnlessSuppressed, suppressorChanged } from "./suppression.ts";
import { keyIn } from "./world.ts";

/** How far one change goes through alarms that are about alarms; those may go round in a circle. */
const DEPTH_MAX = 100;

export interface NewState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string | undefined;
}

/**
 * Puts the alarm into a state. When the value changes, its history has it, and its actions and an event are owed, all in
 * this transaction. Returns the alarm as it is now.
 */
export function transition<A extends AlarmRecord>(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  alarm: A,
  next: NewState,
  depth = 0,
): A {
  const now = cloud.clock.now();
  const before = alarm.state;
  const changes = before.value !== next.value;
  const after: AlarmState = {
    ...next,
    updatedAt: now,
    transitionedAt: changes ? now : before.transitionedAt,
  };
  const changed: A = { ...alarm, state: after };
  tx.put(alarmKey(world, alarm.name), changed);
  if (!changes) return changed;
  addHistory(tx, world, {
    alarm: alarm.name,
    alarmKind: alarm.kind,
    at: now,
    type: "StateUpdate",
    summary: `Alarm updated from ${before.value} to ${after.value}`,
    data: JSON.stringify({
      version: "1.0",
      oldState: historyState(before),
      newState: historyState(after),
    }),
  });
  const change = { alarm: changed, before, after };
  oweStateChangeEvent(cloud, tx, world, change);
  actUnlessSuppressed(cloud, tx, world, change);
  suppressorChanged(cloud, tx, world, change);
  if (depth < DEPTH_MAX) reconsiderParents(cloud, tx, world, changed, depth + 1);
  return changed;
}

/** What the rule says of a composite alarm. */
export function compositeValue(tx: ReadTransaction, world: World, rule: Rule): StateValue {
  return holds(rule, (name) => getAlarm(tx, world, name)?.state.value) ? "ALARM" : "OK";
}

/** Evaluates the composite alarms that are about this one. */
function reconsiderParents(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  child: AlarmRecord,
  depth: number,
): void {
  const parents = [...tx.range({ prefix: keyIn(world, "parent", child.name) })];
  for (const { key } of parents) {
    const parent = getAlarm(tx, world, String(key.at(-1)));
    if (parent?.kind !== "composite") continue;
    const value = compositeValue(tx, world, parseRule(parent.rule));
    if (value === parent.state.value) continue;
    const { value: childValue, updatedAt } = child.state;
    const triggering = {
      arn: child.arn,
      state: { value: childValue, timestamp: javaTime(updatedAt) },
    };
    const next: NewState = {
      value,
      reason: `${child.arn} transitioned to ${childValue} at ${longTime(updatedAt)}`,
      reasonData: JSON.stringify({ triggeringAlarms: [triggering] }),
    };
    transition(cloud, tx, world, parent, next, depth);
  }
}

function historyState({ value, reason, reasonData }: AlarmState) {
  return { stateValue: value, stateReason: reason, stateReasonData: parsedOrText(reasonData) };
}

/** Reason data is JSON where this service wrote it; a caller of SetAlarmState may give anything. */
function parsedOrText(data: string | undefined): unknown {
  if (data === undefined) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
