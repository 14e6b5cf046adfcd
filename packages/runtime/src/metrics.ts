import type { MetricDatum, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Timer } from "./clock/clock.ts";
import type { Cloud } from "./cloud.ts";

/** A metric that a service emits about a resource of its own. */
export interface ServiceMetric {
  readonly account: string;
  readonly region: string;
  /** `AWS/Lambda`, `AWS/SQS`, … */
  readonly namespace: string;
  readonly name: string;
  /** In the order in which AWS shows them. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: StandardUnit;
}

/** Values are gathered for so long before they are put: what is emitted is seen a second later at the latest. */
const FLUSH_MS = 1_000;
/** What one PutMetricData takes. Source: its page in the API reference of CloudWatch. */
const DATA_PER_PUT_MAX = 1_000;
const VALUES_PER_DATUM_MAX = 150;

interface Gathered {
  readonly metric: ServiceMetric;
  readonly second: number;
  readonly counts: Map<number, number>;
}

/** The metrics that services emit, gathered by metric and second, and put into CloudWatch through the door. */
export class Metrics {
  readonly #cloud: Cloud;
  #gathered = new Map<string, Gathered>();
  #timer: Timer | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  emit(metric: ServiceMetric, value: number): void {
    const second = Math.floor(this.#cloud.clock.now() / 1000);
    const { account, region, namespace, name, dimensions } = metric;
    let key = `${account} ${region} ${namespace} ${name} ${second}`;
    for (const dimension in dimensions) key += `\0${dimension}\0${dimensions[dimension]}`;
    let gathered = this.#gathered.get(key);
    if (!gathered) {
      gathered = { metric, second, counts: new Map() };
      this.#gathered.set(key, gathered);
    }
    gathered.counts.set(value, (gathered.counts.get(value) ?? 0) + 1);
    this.#timer ??= this.#cloud.clock.setTimer(this.#cloud.clock.now() + FLUSH_MS, () => {
      void this.flush().catch((error) => this.#cloud.notices.emit("defect", error));
    });
  }

  /**
   * Puts what was gathered, and waits for what an earlier flush still has under way. Whoever reads metrics calls this
   * first, so that none is missing.
   */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const gathered = this.#gathered;
    this.#gathered = new Map();
    const put = this.#put(gathered.values());
    const earlier = this.#underWay;
    this.#underWay = Promise.allSettled([earlier, put]).then(() => {});
    await earlier;
    await put;
  }

  async #put(gathered: Iterable<Gathered>): Promise<void> {
    const groups = Map.groupBy(gathered, ({ metric }) =>
      [metric.account, metric.region, metric.namespace].join(" "),
    );
    const failures: unknown[] = [];
    for (const group of groups.values()) {
      const { account, region, namespace } = group[0]!.metric;
      const caller = { account, region, principal: "cloudwatch.amazonaws.com" };
      for (const MetricData of chunksOf(group.flatMap(toMetricData), DATA_PER_PUT_MAX))
        await this.#cloud
          .call(caller, "cloudwatch", "PutMetricData", { Namespace: namespace, MetricData })
          .catch((error) => failures.push(error));
    }
    // One namespace that fails costs the others nothing.
    if (failures.length > 0) throw failures[0];
  }
}

/** A second of a metric, in as many data as its different values need. */
function toMetricData({ metric, second, counts }: Gathered): MetricDatum[] {
  const Dimensions = Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }));
  return chunksOf([...counts], VALUES_PER_DATUM_MAX).map((chunk) => ({
    MetricName: metric.name,
    Dimensions,
    Timestamp: new Date(second * 1000),
    Unit: metric.unit,
    Values: chunk.map(([value]) => value),
    Counts: chunk.map(([, count]) => count),
  }));
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
