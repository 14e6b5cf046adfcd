import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { World } from "../../world.ts";
import { type AlarmRecord, alarmKey, getAlarm } from "./alarm.ts";
import { checkAlarmName } from "./alarm-checks.ts";
import { alarmClock } from "./alarm-clock.ts";
import { recordConfiguration } from "./configuration-history.ts";
import { STATES } from "./describe-alarms.ts";
import { checkEnum, checkLength, checkRequired, validationError } from "./errors.ts";
import { dropChildren } from "./put-composite-alarm.ts";
import { dropTags } from "./tags.ts";
import { transition } from "./transition.ts";

const NAMES_MAX = 100;
const REASON_LENGTH_MAX = 1023;
const REASON_DATA_LENGTH_MAX = 4000;

/**
 * Deletes alarms; names that no alarm has are passed over. Their history stays. Errors: `ValidationError`, also for
 * more than one composite alarm at a time.
 */
export const deleteAlarms: OperationOf<"cloudwatch", "DeleteAlarms"> = async (
  { cloud, caller },
  { AlarmNames },
) => {
  const names = checkedNames(AlarmNames);
  await cloud.store.write((tx) => {
    const alarms = names.flatMap((name) => getAlarm(tx, caller, name) ?? []);
    if (alarms.filter(({ kind }) => kind === "composite").length > 1)
      throw validationError("You can't delete more than one composite alarm at a time.");
    for (const alarm of alarms) {
      tx.delete(alarmKey(caller, alarm.name));
      dropTags(tx, caller, alarm.arn);
      if (alarm.kind === "composite") dropChildren(tx, caller, alarm);
      recordConfiguration(tx, caller, alarm, "Delete", cloud.clock.now());
      tx.afterCommit(() => cloud.derived(alarmClock).forget(caller, alarm.name));
    }
  });
  return {};
};

/**
 * Puts an alarm into a state until it is next evaluated, and does the state's actions when that is a change. Errors:
 * `ResourceNotFound`, `InvalidFormat` for reason data that is not JSON, `ValidationError`.
 */
export const setAlarmState: OperationOf<"cloudwatch", "SetAlarmState"> = async (
  { cloud, caller },
  { AlarmName, StateValue, StateReason, StateReasonData },
) => {
  const name = checkAlarmName(AlarmName);
  checkEnum(StateValue, "stateValue", STATES);
  checkRequired(StateValue, "stateValue");
  checkRequired(StateReason, "stateReason");
  checkLength(StateReason, "stateReason", 0, REASON_LENGTH_MAX);
  checkLength(StateReasonData, "stateReasonData", 0, REASON_DATA_LENGTH_MAX);
  checkJson(StateReasonData);
  await cloud.store.write((tx) => {
    const alarm = getAlarm(tx, caller, name);
    if (!alarm) throw new ServiceError("ResourceNotFound", `The alarm ${name} does not exist.`);
    const next = { value: StateValue, reason: StateReason, reasonData: StateReasonData };
    transition(cloud, tx, caller, alarm, next);
  });
  return {};
};

function checkJson(text: string | undefined): void {
  if (text === undefined) return;
  try {
    JSON.parse(text);
  } catch {
    throw new ServiceError("InvalidFormatFault", "StateReasonData must be valid JSON.");
  }
}

export const enableAlarmActions: OperationOf<"cloudwatch", "EnableAlarmActions"> = (
  { cloud, caller },
  { AlarmNames },
) => setActionsEnabled(cloud, caller, checkedNames(AlarmNames), true);

/** The alarms keep changing their states, and do nothing about it. */
export const disableAlarmActions: OperationOf<"cloudwatch", "DisableAlarmActions"> = (
  { cloud, caller },
  { AlarmNames },
) => setActionsEnabled(cloud, caller, checkedNames(AlarmNames), false);

async function setActionsEnabled(
  cloud: Cloud,
  world: World,
  names: readonly string[],
  actionsEnabled: boolean,
) {
  await cloud.store.write((tx) => {
    for (const name of names) {
      const before = getAlarm(tx, world, name);
      if (!before || before.actionsEnabled === actionsEnabled) continue;
      const alarm: AlarmRecord = { ...before, actionsEnabled, configuredAt: cloud.clock.now() };
      tx.put(alarmKey(world, name), alarm);
      recordConfiguration(tx, world, alarm, "Update", cloud.clock.now());
    }
  });
  return {};
}

function checkedNames(names: string[] | undefined): string[] {
  checkRequired(names, "alarmNames");
  checkLength(names, "alarmNames", 0, NAMES_MAX);
  for (const name of names) checkAlarmName(name);
  return names;
}
