import { createHash } from "node:crypto";
import type { Dimension, Metric } from "@aws-sdk/client-cloudwatch";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { invalidValue, missingParameter } from "./errors.ts";
import { keyIn } from "./world.ts";

/** How many dimensions a metric may have (API reference, Dimension). */
export const DIMENSIONS_MAX = 30;
const NAME_LENGTH_MAX = 255;
const DIMENSION_VALUE_LENGTH_MAX = 1024;
/** Within how much of the truth a metric's last activity is known; AWS allows itself 50 minutes. */
const LAST_ACTIVE_PRECISION_SECONDS = 600;

/** A metric's name, whole: two metrics are the same when namespace, name and all dimensions are. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  /** In the order in which they were first given, which is how they are shown. */
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
}

/** A metric that has had data, as the store knows it. */
export interface KnownMetric extends MetricIdentity {
  readonly id: string;
  /** Seconds since 1970 of its newest data, to within ten minutes. */
  readonly lastActive: number;
}

/** A short name for the identity, fit for a key: dimensions may be longer than a key can. */
export function metricId({ namespace, name, dimensions }: MetricIdentity): string {
  const sorted = dimensions.map((d) => [d.name, d.value]).sort(([a], [b]) => (a! < b! ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([namespace, name, sorted]))
    .digest("base64url")
    .slice(0, 22);
}

export function dimensionsOf(dimensions: readonly Dimension[] | undefined) {
  return (dimensions ?? []).map(({ Name, Value }) => ({ name: Name ?? "", value: Value ?? "" }));
}

export function toDimensions(dimensions: MetricIdentity["dimensions"]): Dimension[] {
  return dimensions.map(({ name, value }) => ({ Name: name, Value: value }));
}

export function toMetric({ namespace, name, dimensions }: MetricIdentity): Metric {
  return { Namespace: namespace, MetricName: name, Dimensions: toDimensions(dimensions) };
}

/** Checks dimensions in the words of the Query protocol; `at` is where they stand (`MetricData.member.1.Dimensions`). */
export function checkDimensions(dimensions: readonly Dimension[] | undefined, at: string): void {
  if (!dimensions) return;
  if (dimensions.length > DIMENSIONS_MAX)
    throw invalidValue(`The collection ${at} must not have a size greater than ${DIMENSIONS_MAX}.`);
  for (const [index, { Name, Value }] of dimensions.entries()) {
    const member = `${at}.member.${index + 1}`;
    if (Name === undefined) throw missingParameter(`${member}.Name`);
    if (Value === undefined) throw missingParameter(`${member}.Value`);
    checkName(Name, `${member}.Name`, NAME_LENGTH_MAX);
    if (Name.startsWith(":"))
      throw invalidValue(`The value ${Name} for parameter ${member}.Name is invalid.`);
    checkName(Value, `${member}.Value`, DIMENSION_VALUE_LENGTH_MAX);
  }
}

/** ASCII without control characters, not only white space, and no longer than `most`. */
export function checkName(value: string, at: string, most = NAME_LENGTH_MAX): void {
  if (value.trim() === "") throw invalidValue(`The parameter ${at} must not be empty.`);
  if (value.length > most)
    throw invalidValue(`The parameter ${at} must be shorter than ${most + 1} characters.`);
  if (!/^[\x20-\x7e]*$/.test(value))
    throw invalidValue(`The parameter ${at} contains non-ASCII characters.`);
}

/** Notes that the metric has data of this second, so that it is listed. */
export function noteActive(
  tx: WriteTransaction,
  world: World,
  id: string,
  identity: MetricIdentity,
  second: number,
): void {
  const key = keyIn(world, "metric", identity.namespace, identity.name, id);
  const known = tx.get<KnownMetric>(key);
  if (known && second - known.lastActive < LAST_ACTIVE_PRECISION_SECONDS) return;
  tx.put<KnownMetric>(key, { ...identity, ...known, id, lastActive: second });
}

/** The metrics of a world in the order of namespace and name. */
export function* knownMetrics(
  tx: ReadTransaction,
  world: World,
  namespace?: string,
  name?: string,
): Iterable<KnownMetric> {
  const within =
    namespace === undefined ? [] : name === undefined ? [namespace] : [namespace, name];
  for (const { value } of tx.range<KnownMetric>({ prefix: keyIn(world, "metric", ...within) }))
    if (name === undefined || value.name === name) yield value;
}

/** Takes the metric off the list, when nothing is kept of it any more. */
export function forgetMetric(tx: WriteTransaction, world: World, metric: KnownMetric): void {
  tx.delete(keyIn(world, "metric", metric.namespace, metric.name, metric.id));
}
