import { randomUUID } from "node:crypto";
import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import { nextOfRate, parseSchedule } from "../../schedules/schedule.ts";
import type { World } from "../../world.ts";
import { type BusPlace, DEFAULT_BUS } from "./bus.ts";
import { oweDeliveries } from "./delivery.ts";
import { writeEvent } from "./event.ts";
import { measureRegion, measureRule } from "./metrics.ts";
import { findRule, isEnabled, type Rule, ruleArn } from "./rule.ts";

/** A timer reaches as far as Node's does; a later instant is looked at again on the way. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The timers of the rules that have a schedule, derived from the store. Only a rule's next instant is on a timer:
 * what fell due while Flyball was not running is left out.
 */
export class RuleClock {
  readonly #cloud: Cloud;
  readonly #timers = new Map<string, Timer>();
  #stopped = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Sets the timers of all rules that are in the store. */
  start(): void {
    const scheduled = this.#cloud.store.read((tx) => {
      const found: { bus: BusPlace; name: string }[] = [];
      for (const { key } of tx.range({ prefix: ["eventbridge", "scheduled"] })) {
        // This is the shape of the keys that scheduledKey makes.
        const [, , account, region, name] = key as string[];
        found.push({
          bus: { account: account!, region: region!, name: DEFAULT_BUS },
          name: name!,
        });
      }
      return found;
    });
    for (const { bus, name } of scheduled) this.reconsider(bus, name);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The rule has changed, or has just been due: sets the timer for its next instant, if there is one. */
  reconsider(bus: BusPlace, name: string): void {
    const key = ruleArn(bus, bus.name, name);
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
    if (this.#stopped) return;
    const now = this.#cloud.clock.now();
    const rule = this.#cloud.store.read((tx) => findRule(tx, bus, name));
    const due = rule && nextDue(rule, now);
    if (due === undefined) return;
    const at = Math.min(due, now + TIMER_MS_MAX);
    const timer = this.#cloud.clock.setTimer(at, () => {
      if (at < due) return this.reconsider(bus, name);
      void this.#fire(bus, name, due).catch((error) => this.#cloud.notices.emit("defect", error));
    });
    this.#timers.set(key, timer);
  }

  async #fire(bus: BusPlace, name: string, due: number): Promise<void> {
    this.reconsider(bus, name);
    const rule = this.#cloud.store.read((tx) => findRule(tx, bus, name));
    if (!rule || !isEnabled(rule)) return;
    const measured = { account: bus.account, region: bus.region, busName: bus.name, name };
    measureRule(this.#cloud, measured, "TriggeredRules");
    if (rule.targets.length === 0) return;
    measureRegion(this.#cloud, bus, "InvocationsCreated", rule.targets.length);
    const written = scheduledEvent(bus, rule, due);
    await this.#cloud.store.write((tx) =>
      oweDeliveries(this.#cloud, tx, bus, rule, written, {
        traceHeader: undefined,
        forwarded: false,
      }),
    );
  }
}

export function ruleClock(cloud: Cloud): RuleClock {
  return new RuleClock(cloud);
}

/** Where a rule with a schedule is listed, whatever its world, so that a start finds it without looking at others. */
export function scheduledKey({ account, region }: World, name: string) {
  return ["eventbridge", "scheduled", account, region, name] as const;
}

function nextDue(rule: Rule, now: number): number | undefined {
  if (!isEnabled(rule) || rule.scheduleExpression === undefined) return undefined;
  const schedule = parseSchedule(rule.scheduleExpression);
  if (schedule?.kind === "rate") return nextOfRate(schedule, rule.scheduledSince, now);
  return schedule?.kind === "cron" ? schedule.next(now) : undefined;
}

/** Goes to the rule's own targets, and to no other rule. Source: EventBridge user guide, "Creating scheduled rules". */
function scheduledEvent(bus: BusPlace, rule: Rule, time: number) {
  const content = {
    id: randomUUID(),
    source: "aws.events",
    detailType: "Scheduled Event",
    time,
    resources: [ruleArn(bus, bus.name, rule.name)],
    detail: "{}",
  };
  return writeEvent(bus, content, {});
}
