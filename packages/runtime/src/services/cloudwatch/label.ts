import type { World } from "../../world.ts";
import type { Series } from "./math/series.ts";

/**
 * Puts values for `${…}` in a label: statistics of what is shown (`${MAX}`, `${LAST}`, `${MIN_TIME}`), or what it is
 * of (`${PROP('MetricName')}`, `${PROP('Dim.FunctionName')}`, `${LABEL}`). What can't be told is `--`.
 * Source: CloudWatch user guide, "Using dynamic labels".
 */
export function renderLabel(template: string, series: Series, world: World): string {
  return template.replaceAll(/\$\{([^}]*)\}/g, (_, inside: string) => {
    const expression = inside.trim();
    const property = /^PROP\(['"](.*)['"]\)$/.exec(expression)?.[1];
    const value =
      property === undefined ? statistic(expression, series) : propertyOf(property, series, world);
    return value ?? "--";
  });
}

function propertyOf(name: string, { metric, period }: Series, world: World): string | undefined {
  if (name.startsWith("Dim."))
    return metric?.identity.dimensions.find((d) => d.name === name.slice("Dim.".length))?.value;
  switch (name) {
    case "MetricName":
      return metric?.identity.name;
    case "Namespace":
      return metric?.identity.namespace;
    case "Stat":
      return metric?.statistic;
    case "Period":
      return String(period);
    case "Region":
      return world.region;
    case "AccountId":
      return world.account;
    default:
      return undefined;
  }
}

function statistic(name: string, { points, metric, label }: Series): string | undefined {
  if (name === "LABEL") return metric?.identity.name ?? label;
  const all = [...points];
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last) return undefined;
  const least = all.reduce((a, b) => (b[1] < a[1] ? b : a));
  const most = all.reduce((a, b) => (b[1] > a[1] ? b : a));
  const sum = all.reduce((total, [, value]) => total + value, 0);
  const chosen = { MIN: least, MAX: most, FIRST: first, LAST: last };
  for (const [word, [time, value]] of Object.entries(chosen)) {
    if (name === word) return String(value);
    if (name === `${word}_TIME`) return new Date(time * 1000).toISOString().slice(11, 16);
    if (name === `${word}_TIME_RELATIVE`) return new Date(time * 1000).toISOString();
  }
  if (name === "SUM") return String(sum);
  if (name === "AVG") return String(sum / all.length);
  if (name === "DATAPOINT_COUNT") return String(all.length);
  if (name === "RANGE") return String(most[1] - least[1]);
  return undefined;
}
