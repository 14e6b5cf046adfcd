import type { Target } from "@aws-sdk/client-eventbridge";
import { Constraints, SENSITIVE, violation } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { busNamed, requireBus } from "./bus.ts";
import { limitExceeded } from "./errors.ts";
import { pageByName } from "./page.ts";
import { putRuleRecord, requireRule } from "./rule.ts";
import { ruleIndex } from "./rule-index.ts";
import { checkTarget, checkTargetMembers } from "./target.ts";

/** Source of both: API reference, PutTargets. */
const TARGETS_PER_RULE_MAX = 5;
const TARGETS_PER_REQUEST_MAX = 10;
const AT_MOST_TARGETS = `Member must have length less than or equal to ${TARGETS_PER_REQUEST_MAX}`;
/** Source: API reference, RemoveTargets. */
const IDS_PER_REQUEST_MAX = 100;

/** Adds targets, or puts others in the place of those with the same ids. */
export const putTargets: OperationOf<"eventbridge", "PutTargets"> = async (
  { cloud, caller },
  input,
) => {
  const { Rule: name = "", Targets: targets = [] } = input;
  new Constraints()
    .required("rule", input.Rule)
    .required("targets", input.Targets)
    .length("targets", input.Targets, { min: 1 })
    .check("ValidationException");
  if (targets.length > TARGETS_PER_REQUEST_MAX)
    throw violation("ValidationException", "targets", SENSITIVE, AT_MOST_TARGETS);
  checkTargetMembers(targets);
  const bus = busNamed(caller, input.EventBusName);
  for (const target of targets) checkTarget(bus, target);
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    const rule = requireRule(tx, bus, name);
    const byId = new Map([...rule.targets, ...targets].map((target) => [target.Id, target]));
    if (byId.size > TARGETS_PER_RULE_MAX) throw limitExceeded();
    putRuleRecord(tx, bus, { ...rule, targets: [...byId.values()].sort(byTheirIds) });
    tx.afterCommit(() => cloud.derived(ruleIndex).forget(bus));
  });
  return { FailedEntryCount: 0, FailedEntries: [] };
};

/** Takes targets off. An id that the rule does not have is told in the answer. */
export const removeTargets: OperationOf<"eventbridge", "RemoveTargets"> = async (
  { cloud, caller },
  input,
) => {
  const { Rule: name = "", Ids: ids = [] } = input;
  new Constraints()
    .required("rule", input.Rule)
    .required("ids", input.Ids)
    .length("ids", input.Ids, { min: 1, max: IDS_PER_REQUEST_MAX })
    .check("ValidationException");
  const bus = busNamed(caller, input.EventBusName);
  const missing = await cloud.store.write((tx) => {
    requireBus(tx, bus);
    const rule = requireRule(tx, bus, name);
    const targets = rule.targets.filter(({ Id }) => !ids.includes(Id ?? ""));
    putRuleRecord(tx, bus, { ...rule, targets });
    tx.afterCommit(() => cloud.derived(ruleIndex).forget(bus));
    return ids.filter((id) => !rule.targets.some(({ Id }) => Id === id));
  });
  const FailedEntries = missing.map((id) => ({
    TargetId: id,
    ErrorCode: "ResourceNotFoundException",
    ErrorMessage: `Rule '${name}' does not have a target with the Id '${id}'.`,
  }));
  return { FailedEntryCount: missing.length, FailedEntries };
};

export const listTargetsByRule: OperationOf<"eventbridge", "ListTargetsByRule"> = (
  { cloud, caller },
  input,
) => {
  new Constraints().required("rule", input.Rule).check("ValidationException");
  const bus = busNamed(caller, input.EventBusName);
  const { targets } = cloud.store.read((tx) => {
    requireBus(tx, bus);
    return requireRule(tx, bus, input.Rule ?? "");
  });
  const wanted = { limit: input.Limit, nextToken: input.NextToken };
  const { items, nextToken } = pageByName(targets, ({ Id = "" }) => Id, wanted);
  return { Targets: items, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
};

function byTheirIds({ Id: left = "" }: Target, { Id: right = "" }: Target): number {
  return left < right ? -1 : 1;
}
