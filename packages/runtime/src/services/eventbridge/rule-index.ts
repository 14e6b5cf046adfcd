import type { Cloud } from "../../cloud.ts";
import type { CompiledPattern } from "../../patterns/pattern.ts";
import { type BusPlace, busArn } from "./bus.ts";
import type { Event } from "./event.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { isEnabled, type Rule, rulesOf } from "./rule.ts";

interface IndexedRule {
  readonly rule: Rule;
  readonly pattern: CompiledPattern;
}

/**
 * The enabled rules of one bus, with their patterns compiled. Those that ask for certain sources, or else for certain
 * detail types, are found by them, and the others are asked one by one.
 */
class BusRules {
  readonly #bySource = new Map<string, IndexedRule[]>();
  readonly #byDetailType = new Map<string, IndexedRule[]>();
  readonly #others: IndexedRule[] = [];

  constructor(rules: Iterable<Rule>) {
    for (const rule of rules) if (isEnabled(rule)) this.#add(rule);
  }

  matching(event: Event): Rule[] {
    const matching: Rule[] = [];
    const candidates = [
      this.#bySource.get(event.source),
      this.#byDetailType.get(event["detail-type"]),
      this.#others,
    ];
    for (const rules of candidates)
      for (const { rule, pattern } of rules ?? []) if (pattern.matches(event)) matching.push(rule);
    return matching;
  }

  #add(rule: Rule): void {
    if (rule.eventPattern === undefined) return;
    const { compiled, parsed } = parseEventPattern(rule.eventPattern);
    const indexed = { rule, pattern: compiled };
    const sources = plainStrings(parsed.source);
    const detailTypes = plainStrings(parsed["detail-type"]);
    if (sources) addTo(this.#bySource, sources, indexed);
    else if (detailTypes) addTo(this.#byDetailType, detailTypes, indexed);
    else this.#others.push(indexed);
  }
}

/** The values that a field has to have one of, where the pattern says so in plain strings only. */
function plainStrings(conditions: unknown): Set<string> | undefined {
  if (!Array.isArray(conditions)) return undefined;
  if (!conditions.every((condition) => typeof condition === "string")) return undefined;
  return new Set(conditions);
}

function addTo(index: Map<string, IndexedRule[]>, values: Set<string>, rule: IndexedRule): void {
  for (const value of values) {
    const rules = index.get(value) ?? [];
    rules.push(rule);
    index.set(value, rules);
  }
}

/** The rules of every bus that was sent something, derived from the store until one of them changes. */
export class RuleIndex {
  readonly #cloud: Cloud;
  readonly #buses = new Map<string, BusRules>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  matching(bus: BusPlace, event: Event): Rule[] {
    const key = busArn(bus);
    let rules = this.#buses.get(key);
    if (!rules) {
      rules = this.#cloud.store.read((tx) => new BusRules(rulesOf(tx, bus)));
      this.#buses.set(key, rules);
    }
    return rules.matching(event);
  }

  /** The bus's rules have changed. */
  forget(bus: BusPlace): void {
    this.#buses.delete(busArn(bus));
  }
}

export function ruleIndex(cloud: Cloud): RuleIndex {
  return new RuleIndex(cloud);
}
