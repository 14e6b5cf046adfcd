import type { Cloud } from "../../cloud.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { archivesMatching, keepInArchives } from "./archived-event.ts";
import type { BusPlace } from "./bus.ts";
import { oweDeliveries } from "./delivery.ts";
import type { WrittenEvent } from "./event.ts";
import { measureRegion, measureRule } from "./metrics.ts";
import { type Rule, ruleArn } from "./rule.ts";
import { ruleIndex } from "./rule-index.ts";

/** An event that has come to a bus. */
export interface Arrival {
  readonly bus: BusPlace;
  readonly written: WrittenEvent;
  readonly traceHeader: string | undefined;
  /** It came from another bus, and goes on to no third. */
  readonly forwarded: boolean;
  /** The rules to which a replay is confined; undefined for all. */
  readonly onlyRules?: readonly string[];
  /** What a replay sends is not archived again. */
  readonly replayed?: boolean;
}

/** An event and where it goes, found before the transaction that owes it. */
export interface Routed {
  readonly arrival: Arrival;
  readonly rules: readonly Rule[];
  readonly archives: readonly string[];
}

/** Finds the rules and archives that an event matches, and counts the match. */
export function route(cloud: Cloud, arrival: Arrival): Routed {
  const { bus, written, onlyRules, replayed } = arrival;
  const matching = cloud.derived(ruleIndex).matching(bus, written.event);
  const rules = onlyRules
    ? matching.filter(({ name }) => onlyRules.includes(ruleArn(bus, bus.name, name)))
    : matching;
  const { account, region } = bus;
  for (const rule of rules) {
    const measured = { account, region, busName: bus.name, name: rule.name };
    measureRule(cloud, measured, "MatchedEvents");
    measureRule(cloud, measured, "TriggeredRules");
    if (rule.targets.length > 0)
      measureRegion(cloud, bus, "InvocationsCreated", rule.targets.length);
  }
  return { arrival, rules, archives: replayed ? [] : archivesMatching(cloud, bus, written.event) };
}

/** Whether an event has nowhere to go, so that nothing of it need be written. */
export function goesNowhere({ rules, archives }: Routed): boolean {
  return archives.length === 0 && rules.every(({ targets }) => targets.length === 0);
}

/** Owes the event to the targets of its rules, and keeps it in its archives. */
export function accept(
  cloud: Cloud,
  tx: WriteTransaction,
  { arrival, rules, archives }: Routed,
): void {
  const { bus, written, traceHeader, forwarded } = arrival;
  for (const rule of rules)
    oweDeliveries(cloud, tx, bus, rule, written, { traceHeader, forwarded });
  keepInArchives(tx, bus, archives, written, cloud.clock.now());
}
