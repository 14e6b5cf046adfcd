import type { RuleState, Target } from "@aws-sdk/client-eventbridge";
import { arn, parseArn } from "../../arn.ts";
import type { KeyPart, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { type BusPlace, DEFAULT_BUS } from "./bus.ts";
import { notFound } from "./errors.ts";
import { keyIn } from "./world.ts";

/** A rule with its targets, of which there are five at most. */
export interface Rule {
  readonly name: string;
  readonly busName: string;
  readonly eventPattern?: string;
  readonly scheduleExpression?: string;
  readonly state: RuleState;
  readonly description?: string;
  readonly roleArn?: string;
  readonly createdBy: string;
  /** Since when its rate counts, in milliseconds since 1970: when it was put or enabled last. */
  readonly scheduledSince: number;
  /** In the order of their ids. */
  readonly targets: readonly Target[];
  readonly tags: Tags;
}

export function ruleKey(world: World, busName: string, name: string): KeyPart[] {
  return keyIn(world, "rule", busName, name);
}

/** A rule of the default bus is named without its bus. */
export function ruleArn({ account, region }: World, busName: string, name: string): string {
  const path = busName === DEFAULT_BUS ? name : `${busName}/${name}`;
  return arn("events", region, account, `rule/${path}`);
}

/** Undefined for an ARN of anything else. */
export function parseRuleArn(
  text: string,
): (World & { readonly busName: string; readonly name: string }) | undefined {
  const parsed = parseArn(text);
  if (parsed?.service !== "events" || !parsed.resource.startsWith("rule/")) return undefined;
  const { account, region, resource } = parsed;
  const path = resource.slice("rule/".length);
  // A bus of a partner has slashes in its name, a rule has none.
  const end = path.lastIndexOf("/");
  const busName = end === -1 ? DEFAULT_BUS : path.slice(0, end);
  return { account, region, busName, name: path.slice(end + 1) };
}

export function findRule(tx: ReadTransaction, bus: BusPlace, name: string): Rule | undefined {
  return tx.get<Rule>(ruleKey(bus, bus.name, name));
}

export function requireRule(tx: ReadTransaction, bus: BusPlace, name: string): Rule {
  const rule = findRule(tx, bus, name);
  if (!rule) throw notFound(`Rule ${name} does not exist on EventBus ${bus.name}.`);
  return rule;
}

/** In the order of their names. */
export function* rulesOf(tx: ReadTransaction, bus: BusPlace): Generator<Rule> {
  for (const { value } of tx.range<Rule>({ prefix: keyIn(bus, "rule", bus.name) })) yield value;
}

export function isEnabled({ state }: Rule): boolean {
  return state !== "DISABLED";
}

export function putRuleRecord(tx: WriteTransaction, world: World, rule: Rule): void {
  tx.put(ruleKey(world, rule.busName, rule.name), rule);
}
