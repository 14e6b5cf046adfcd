import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { alarmArn, alarmKey, alarmNameOf, type CompositeAlarmRecord, getAlarm } from "./alarm.ts";
import { checkActions, checkAlarmName, checkDescription } from "./alarm-checks.ts";
import { childrenOf, parseRule, type Rule, RuleError } from "./composite-rule.ts";
import { recordConfiguration } from "./configuration-history.ts";
import { checkLength, checkRequired, validationError } from "./errors.ts";
import { checkTags, putTags } from "./tags.ts";
import { compositeValue, transition } from "./transition.ts";
import { keyIn } from "./world.ts";

const RULE_LENGTH_MAX = 10_240;

/**
 * Makes an alarm that is in ALARM while its rule about other alarms holds, or changes one wholly. It is evaluated at
 * once, and whenever an alarm that it names changes. Errors: `ValidationError`.
 */
export const putCompositeAlarm: OperationOf<"cloudwatch", "PutCompositeAlarm"> = async (
  { cloud, caller },
  input,
) => {
  const name = checkAlarmName(input.AlarmName);
  const rule = checked(input);
  const now = cloud.clock.now();
  await cloud.store.write((tx) => {
    const before = getAlarm(tx, caller, name);
    if (before?.kind === "metric")
      throw validationError(`A metric alarm with the name ${name} already exists.`);
    checkNamed(tx, caller, name, rule, input.ActionsSuppressor);
    const alarm: CompositeAlarmRecord = {
      kind: "composite",
      name,
      arn: alarmArn(caller, name),
      description: input.AlarmDescription,
      actionsEnabled: input.ActionsEnabled ?? true,
      okActions: input.OKActions ?? [],
      alarmActions: input.AlarmActions ?? [],
      insufficientDataActions: input.InsufficientDataActions ?? [],
      configuredAt: now,
      rule: input.AlarmRule ?? "",
      suppressor: input.ActionsSuppressor,
      suppressorWait: input.ActionsSuppressorWaitPeriod,
      suppressorExtension: input.ActionsSuppressorExtensionPeriod,
      state: before?.state ?? {
        value: "INSUFFICIENT_DATA",
        reason: "Unchecked: Initial alarm creation",
        updatedAt: now,
        transitionedAt: now,
      },
    };
    if (before) dropChildren(tx, caller, before);
    tx.put(alarmKey(caller, name), alarm);
    for (const child of childrenOf(rule)) tx.put(keyIn(caller, "parent", child, name), true);
    if (!before) putTags(tx, caller, alarm.arn, input.Tags ?? []);
    recordConfiguration(tx, caller, alarm, before ? "Update" : "Create", now);
    const value = compositeValue(tx, caller, rule);
    if (value !== alarm.state.value)
      transition(cloud, tx, caller, alarm, {
        value,
        reason: `${alarm.arn} was ${before ? "updated" : "created"} and its alarm rule evaluates to ${value}`,
        reasonData: JSON.stringify({ triggeringAlarms: [] }),
      });
  });
  return {};
};

/** Forgets which alarms a composite alarm is about. */
export function dropChildren(
  tx: WriteTransaction,
  world: World,
  { rule, name }: CompositeAlarmRecord,
): void {
  for (const child of childrenOf(parseRule(rule))) tx.delete(keyIn(world, "parent", child, name));
}

function checked(input: InputOf<"cloudwatch", "PutCompositeAlarm">): Rule {
  checkDescription(input.AlarmDescription);
  checkActions(input);
  checkTags(input.Tags);
  checkRequired(input.AlarmRule, "alarmRule");
  checkLength(input.AlarmRule, "alarmRule", 1, RULE_LENGTH_MAX);
  const waits = [input.ActionsSuppressorWaitPeriod, input.ActionsSuppressorExtensionPeriod];
  const given = waits.filter((wait) => wait !== undefined).length;
  if (input.ActionsSuppressor === undefined ? given > 0 : given < 2)
    throw validationError(
      "ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be specified together.",
    );
  try {
    return parseRule(input.AlarmRule);
  } catch (error) {
    if (error instanceof RuleError)
      throw validationError(`AlarmRule is not a valid expression: ${error.message}.`);
    throw error;
  }
}

function checkNamed(
  tx: ReadTransaction,
  world: World,
  name: string,
  rule: Rule,
  suppressor: string | undefined,
): void {
  const named = [
    ...childrenOf(rule),
    ...(suppressor === undefined ? [] : [alarmNameOf(suppressor)]),
  ];
  if (named.includes(name)) throw validationError(`The alarm ${name} can't refer to itself.`);
  const missing = named.filter((child) => !getAlarm(tx, world, child));
  if (missing.length > 0)
    throw validationError(
      `Could not save the composite alarm as alarms [${missing.map((child) => alarmArn(world, child)).join(", ")}] in the alarm rule do not exist`,
    );
}
