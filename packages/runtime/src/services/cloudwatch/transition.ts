import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../cloud.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { oweActions } from "./action.ts";
import { type AlarmRecord, type AlarmState, alarmKey } from "./alarm.ts";
import { addHistory } from "./history.ts";
import type { World } from "./world.ts";

export interface NewState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string | undefined;
}

/**
 * Puts the alarm into a state. When the value changes, its history has it and its actions are owed, all in this
 * transaction. Returns the alarm as it is now.
 */
export function transition<A extends AlarmRecord>(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  alarm: A,
  next: NewState,
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
  oweActions(cloud, tx, world, { alarm: changed, before, after });
  return changed;
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
