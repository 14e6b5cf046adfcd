import type { Rule as ListedRule } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { parseSchedule } from "../../schedules/schedule.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { type BusPlace, busNamed, DEFAULT_BUS, requireBus } from "./bus.ts";
import { invalid, invalidParameter } from "./errors.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { pageByName } from "./page.ts";
import {
  findRule,
  putRuleRecord,
  type Rule,
  requireRule,
  ruleArn,
  ruleKey,
  rulesOf,
} from "./rule.ts";
import { ruleClock, scheduledKey } from "./rule-clock.ts";
import { ruleIndex } from "./rule-index.ts";
import { checkTags } from "./tags.ts";

/** Source of the lengths: API reference, PutRule. */
const NAME_LENGTH_MAX = 64;
const NAME_PATTERN = "[\\.\\-_A-Za-z0-9]+";
const DESCRIPTION_LENGTH_MAX = 512;
const SCHEDULE_LENGTH_MAX = 256;
const PATTERN_LENGTH_MAX = 4096;
const ROLE_ARN_LENGTH_MAX = 1600;
const STATES = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];

/** Makes a rule, or puts another in its place that keeps its targets and tags. */
export const putRule: OperationOf<"eventbridge", "PutRule"> = async ({ cloud, caller }, input) => {
  new Constraints()
    .required("name", input.Name)
    .length("name", input.Name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("name", input.Name, NAME_PATTERN)
    .length("scheduleExpression", input.ScheduleExpression, { max: SCHEDULE_LENGTH_MAX })
    .length("eventPattern", input.EventPattern, { max: PATTERN_LENGTH_MAX })
    .oneOf("state", input.State, STATES)
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .length("roleArn", input.RoleArn, { min: 1, max: ROLE_ARN_LENGTH_MAX })
    .check("ValidationException");
  const { Name: name = "", State: state = "ENABLED" } = input;
  const bus = busNamed(caller, input.EventBusName);
  const { eventPattern, scheduleExpression } = triggersOf(bus, input);
  const tags = checkTags(input.Tags ?? []);
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    const before = findRule(tx, bus, name);
    const rule: Rule = {
      name,
      busName: bus.name,
      ...(eventPattern === undefined ? {} : { eventPattern }),
      ...(scheduleExpression === undefined ? {} : { scheduleExpression }),
      state,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.RoleArn === undefined ? {} : { roleArn: input.RoleArn }),
      createdBy: caller.account,
      scheduledSince: cloud.clock.now(),
      targets: before?.targets ?? [],
      tags: before?.tags ?? tags,
    };
    keep(cloud, tx, bus, rule);
  });
  return { RuleArn: ruleArn(bus, bus.name, name) };
};

/** An empty text counts as none. */
function triggersOf(
  bus: BusPlace,
  input: {
    readonly EventPattern?: string | undefined;
    readonly ScheduleExpression?: string | undefined;
  },
): { eventPattern: string | undefined; scheduleExpression: string | undefined } {
  const eventPattern = input.EventPattern || undefined;
  const scheduleExpression = input.ScheduleExpression || undefined;
  if (eventPattern === undefined && scheduleExpression === undefined)
    throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (eventPattern !== undefined) parseEventPattern(eventPattern);
  if (scheduleExpression !== undefined) {
    if (bus.name !== DEFAULT_BUS)
      throw invalid("ScheduleExpression is supported only on the default event bus.");
    const schedule = parseSchedule(scheduleExpression);
    if (!schedule || schedule.kind === "at") throw invalidParameter("ScheduleExpression");
  }
  return { eventPattern, scheduleExpression };
}

/** Deletes a rule; no error where there is none. Throws `ValidationException` while it has targets. */
export const deleteRule: OperationOf<"eventbridge", "DeleteRule"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints().required("name", input.Name).check("ValidationException");
  const { Name: name = "" } = input;
  const bus = busNamed(caller, input.EventBusName);
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    const rule = findRule(tx, bus, name);
    if (!rule) return;
    if (rule.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.");
    tx.delete(ruleKey(bus, bus.name, name));
    if (bus.name === DEFAULT_BUS) tx.delete(scheduledKey(bus, name));
    tx.afterCommit(() => changed(cloud, bus, name));
  });
  return {};
};

export const enableRule: OperationOf<"eventbridge", "EnableRule"> = async (
  { cloud, caller },
  input,
) => {
  await setState(cloud, caller, input, "ENABLED");
  return {};
};

export const disableRule: OperationOf<"eventbridge", "DisableRule"> = async (
  { cloud, caller },
  input,
) => {
  await setState(cloud, caller, input, "DISABLED");
  return {};
};

async function setState(
  cloud: Cloud,
  caller: Caller,
  input: { readonly Name?: string | undefined; readonly EventBusName?: string | undefined },
  state: "ENABLED" | "DISABLED",
): Promise<void> {
  new Constraints().required("name", input.Name).check("ValidationException");
  const bus = busNamed(caller, input.EventBusName);
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    const rule = requireRule(tx, bus, input.Name ?? "");
    if (rule.state === state) return;
    keep(cloud, tx, bus, { ...rule, state, scheduledSince: cloud.clock.now() });
  });
}

function keep(cloud: Cloud, tx: WriteTransaction, bus: BusPlace, rule: Rule): void {
  putRuleRecord(tx, bus, rule);
  const scheduled = scheduledKey(bus, rule.name);
  if (rule.scheduleExpression !== undefined) tx.put(scheduled, true);
  else if (bus.name === DEFAULT_BUS) tx.delete(scheduled);
  tx.afterCommit(() => changed(cloud, bus, rule.name));
}

function changed(cloud: Cloud, bus: BusPlace, name: string): void {
  cloud.derived(ruleIndex).forget(bus);
  cloud.derived(ruleClock).reconsider(bus, name);
}

export const describeRule: OperationOf<"eventbridge", "DescribeRule"> = (
  { cloud, caller },
  input,
) => {
  new Constraints().required("name", input.Name).check("ValidationException");
  const bus = busNamed(caller, input.EventBusName);
  const rule = cloud.store.read((tx) => {
    requireBus(tx, bus);
    return requireRule(tx, bus, input.Name ?? "");
  });
  return { ...listed(bus, rule), CreatedBy: rule.createdBy };
};

export const listRules: OperationOf<"eventbridge", "ListRules"> = ({ cloud, caller }, input) => {
  const bus = busNamed(caller, input.EventBusName);
  const { items, nextToken } = cloud.store.read((tx) => {
    requireBus(tx, bus);
    const rules = [...rulesOf(tx, bus)].filter(({ name }) =>
      name.startsWith(input.NamePrefix ?? ""),
    );
    return pageByName(rules, ({ name }) => name, {
      limit: input.Limit,
      nextToken: input.NextToken,
    });
  });
  const Rules = items.map((rule) => listed(bus, rule));
  return { Rules, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
};

export const listRuleNamesByTarget: OperationOf<"eventbridge", "ListRuleNamesByTarget"> = (
  { cloud, caller },
  input,
) => {
  new Constraints().required("targetArn", input.TargetArn).check("ValidationException");
  const bus = busNamed(caller, input.EventBusName);
  const { items, nextToken } = cloud.store.read((tx) => {
    requireBus(tx, bus);
    const names = [...rulesOf(tx, bus)]
      .filter(({ targets }) => targets.some(({ Arn }) => Arn === input.TargetArn))
      .map(({ name }) => name);
    return pageByName(names, (name) => name, { limit: input.Limit, nextToken: input.NextToken });
  });
  return { RuleNames: items, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
};

function listed(bus: BusPlace, rule: Rule): ListedRule {
  return {
    Name: rule.name,
    Arn: ruleArn(bus, bus.name, rule.name),
    EventPattern: rule.eventPattern,
    State: rule.state,
    Description: rule.description,
    ScheduleExpression: rule.scheduleExpression,
    RoleArn: rule.roleArn,
    EventBusName: rule.busName,
  };
}
