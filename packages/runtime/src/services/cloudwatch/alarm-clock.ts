import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import {
  type AlarmRecord,
  alarmsIn,
  evaluationInterval,
  getAlarm,
  type MetricAlarmRecord,
} from "./alarm.ts";
import { breaches, judge, type Verdict } from "./evaluation.ts";
import { dimensionsOf, metricId } from "./metric.ts";
import { observe } from "./observe.ts";
import { stateReason, stateReasonData } from "./reason.ts";
import { parseStatistic } from "./statistic.ts";
import { type NewState, transition } from "./transition.ts";
import { worldsIn } from "./world.ts";

/** Evaluations that new data sets off come no closer together than this. */
const PROMPT_EVERY_MS = 250;
const MINUTE = 60;

/** What is known of an alarm in memory, to find it without looking at the store. */
interface Watch {
  readonly world: World;
  readonly name: string;
  readonly interval: 10 | 60 | 3600;
  readonly metrics: readonly string[];
}

/**
 * When alarms are evaluated. By the clock, as on AWS: on each minute, alarms with short periods every ten seconds,
 * those that look back more than a day once an hour. And sooner than AWS: when data arrives that by itself puts an
 * alarm into ALARM, it is there within a second, and not only at the next minute.
 */
export class AlarmClock {
  readonly #cloud: Cloud;
  readonly #watches = new Map<string, Watch>();
  readonly #byMetric = new Map<string, Set<Watch>>();
  #fresh = new Set<Watch>();
  #freshTimer: Timer | undefined;
  #promptAt = 0;
  #tick: Timer | undefined;
  #tickAt = Number.POSITIVE_INFINITY;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Takes up again the alarms that the store has. */
  start(): void {
    const alarms = this.#cloud.store.read((tx) =>
      worldsIn(tx).flatMap((world) => [...alarmsIn(tx, world)].map((alarm) => ({ world, alarm }))),
    );
    for (const { world, alarm } of alarms) this.watch(world, alarm);
  }

  stop(): void {
    this.#tick?.cancel();
    this.#freshTimer?.cancel();
    this.#watches.clear();
    this.#byMetric.clear();
  }

  /** Watches an alarm, new or changed, from now on; looks at once whether data that is there puts it into ALARM. */
  watch(world: World, alarm: AlarmRecord): void {
    this.forget(world, alarm.name);
    if (alarm.kind !== "metric") return;
    const metrics = metricsOf(alarm);
    const { account, region } = world;
    const interval = evaluationInterval(alarm);
    const watch: Watch = { world: { account, region }, name: alarm.name, interval, metrics };
    this.#watches.set(nameIn(world, alarm.name), watch);
    for (const metric of metrics) {
      const channel = nameIn(world, metric);
      const watching = this.#byMetric.get(channel) ?? new Set();
      this.#byMetric.set(channel, watching.add(watch));
    }
    this.#setTick();
    this.#evaluateSoon([watch]);
  }

  forget(world: World, name: string): void {
    const watch = this.#watches.get(nameIn(world, name));
    if (!watch) return;
    this.#watches.delete(nameIn(world, name));
    this.#fresh.delete(watch);
    for (const metric of watch.metrics) {
      const watching = this.#byMetric.get(nameIn(world, metric));
      watching?.delete(watch);
      if (watching?.size === 0) this.#byMetric.delete(nameIn(world, metric));
    }
  }

  /** New data of these metrics is in the store. Costs a look-up a metric when no alarm watches it. */
  dataArrived(world: World, metrics: Iterable<string>): void {
    if (this.#byMetric.size === 0) return;
    for (const metric of metrics) {
      const watching = this.#byMetric.get(nameIn(world, metric));
      if (watching) this.#evaluateSoon(watching);
    }
  }

  #evaluateSoon(watches: Iterable<Watch>): void {
    for (const watch of watches) this.#fresh.add(watch);
    this.#freshTimer ??= this.#cloud.clock.setTimer(
      Math.max(this.#cloud.clock.now(), this.#promptAt),
      () => {
        this.#freshTimer = undefined;
        this.#promptAt = this.#cloud.clock.now() + PROMPT_EVERY_MS;
        const fresh = this.#fresh;
        this.#fresh = new Set();
        this.#evaluate(fresh, promptly);
      },
    );
  }

  #setTick(): void {
    if (this.#watches.size === 0) return;
    const now = this.#cloud.clock.now() / 1000;
    const short = [...this.#watches.values()].some(({ interval }) => interval === 10);
    const at = nextBoundary(now, short ? 10 : MINUTE);
    if (at === this.#tickAt) return;
    this.#tick?.cancel();
    this.#tickAt = at;
    this.#tick = this.#cloud.clock.setTimer(at * 1000, () => {
      this.#tickAt = Number.POSITIVE_INFINITY;
      const due = [...this.#watches.values()].filter(({ interval }) => at % interval === 0);
      this.#setTick();
      this.#evaluate(due, byTheClock(at));
    });
  }

  #evaluate(watches: Iterable<Watch>, evaluate: Evaluate): void {
    const work = async () => {
      await this.#cloud.metrics.flush();
      for (const watch of watches) await this.#evaluateOne(watch, evaluate);
    };
    void this.#cloud.activity.track(work()).catch((error) => {
      if (!this.#cloud.stopping.aborted) this.#cloud.notices.emit("defect", error);
    });
  }

  /** Looks first and writes only when there is something to change: most evaluations change nothing. */
  async #evaluateOne({ world, name }: Watch, evaluate: Evaluate): Promise<void> {
    const { store, clock, stopping } = this.#cloud;
    if (stopping.aborted) return;
    const next = (tx: ReadTransaction) => {
      const alarm = getAlarm(tx, world, name);
      if (alarm?.kind !== "metric") return undefined;
      const state = evaluate(tx, world, alarm, clock.now());
      return state && state.value !== alarm.state.value ? { alarm, state } : undefined;
    };
    if (!store.read(next)) return;
    await store.write((tx) => {
      const change = next(tx);
      if (change) transition(this.#cloud, tx, world, change.alarm, change.state);
    });
  }
}

/** The state that an alarm's data puts it into, or undefined where it says nothing. */
type Evaluate = (
  tx: ReadTransaction,
  world: World,
  alarm: MetricAlarmRecord,
  now: number,
) => NewState | undefined;

/** As AWS does it: over the periods up to a boundary, which are complete. */
const byTheClock =
  (end: number): Evaluate =>
  (tx, world, alarm, now) =>
    stateAt(tx, world, alarm, end, now);

/**
 * Whether data that has just arrived puts the alarm into ALARM. The period that has only begun counts when it
 * breaches in a way that no further data undoes (a sum, count or maximum that is too high, a minimum that is too
 * low); nothing else is ahead of the clock.
 */
const promptly: Evaluate = (tx, world, alarm, now) => {
  if (alarm.state.value === "ALARM") return undefined;
  const grain = alarm.watched.period < MINUTE ? 10 : MINUTE;
  const past = Math.floor(now / 1000 / grain) * grain;
  for (const end of isFinalWhenBreaching(alarm) ? [past + grain, past] : [past]) {
    const { points } = observe(tx, world, alarm, end);
    const breaching = points.map(
      (point) => point && breaches(alarm.comparison, point.value, alarm.threshold),
    );
    if (!breaching.includes(true) || (end > past && !breaching[0])) continue;
    const state = stateAt(tx, world, alarm, end, now);
    if (state?.value === "ALARM") return state;
  }
  return undefined;
};

function isFinalWhenBreaching({ watched, comparison }: MetricAlarmRecord): boolean {
  if (watched.kind !== "metric") return false;
  const grows = ["Sum", "SampleCount", "Maximum"].includes(watched.statistic);
  return (
    (grows && comparison.startsWith("GreaterThan")) ||
    (watched.statistic === "Minimum" && comparison.startsWith("LessThan"))
  );
}

function stateAt(
  tx: ReadTransaction,
  world: World,
  alarm: MetricAlarmRecord,
  end: number,
  now: number,
): NewState | undefined {
  const { windows, points } = observe(tx, world, alarm, end);
  const verdict = judge(alarm, points);
  if (verdict.state === "retain" || hasTooFewSamples(alarm, verdict)) return undefined;
  return {
    value: verdict.state,
    reason: stateReason(alarm, verdict.state, verdict),
    reasonData: stateReasonData(alarm, verdict, windows, now),
  };
}

/**
 * Whether a percentile is of too few values to say anything, in an alarm that is to ignore that: fewer than ten
 * on its thinner side. Source: user guide, "Percentile-based CloudWatch alarms and low data samples".
 */
function hasTooFewSamples(alarm: MetricAlarmRecord, { evaluated }: Verdict): boolean {
  if (alarm.evaluateLowSampleCountPercentile !== "ignore" || alarm.watched.kind !== "metric")
    return false;
  const statistic = parseStatistic(alarm.watched.statistic);
  if (statistic?.kind !== "percentile" || evaluated.length === 0) return false;
  const part = statistic.percent / 100;
  const samples = evaluated.reduce((sum, { sampleCount = 0 }) => sum + sampleCount, 0);
  // 10 / (1 - 0.9) is a little more than 100 in floating point.
  return samples < 10 / (part >= 0.5 ? 1 - part : part) - 1e-6;
}

function metricsOf({ watched }: MetricAlarmRecord): string[] {
  if (watched.kind === "metric") return [metricId(watched.identity)];
  return watched.queries.flatMap(({ MetricStat }) => {
    if (!MetricStat?.Metric) return [];
    const { Namespace = "", MetricName = "", Dimensions } = MetricStat.Metric;
    const dimensions = dimensionsOf(Dimensions);
    return [metricId({ namespace: Namespace, name: MetricName, dimensions })];
  });
}

function nameIn({ account, region }: World, name: string): string {
  return `${account} ${region} ${name}`;
}

function nextBoundary(second: number, grain: number): number {
  return (Math.floor(second / grain) + 1) * grain;
}

export function alarmClock(cloud: Cloud): AlarmClock {
  return new AlarmClock(cloud);
}
