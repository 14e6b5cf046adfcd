import type { OperationOf } from "../../service.ts";
import { checkEnum, checkLength } from "./errors.ts";
import { checkName, knownMetrics, toMetric } from "./metric.ts";
import { pageOf } from "./page.ts";

const PAGE_SIZE = 500;
/** A metric without data for so long is no longer listed. */
const LISTED_SECONDS = 14 * 86_400;
/** Three hours, and the ten minutes by which the last activity may be older than it says. */
const RECENT_SECONDS = 3 * 3600 + 600;

/** The metrics that had data in the last two weeks, 500 at a time. Errors: `InvalidParameterValue`, `InvalidNextToken`. */
export const listMetrics: OperationOf<"cloudwatch", "ListMetrics"> = async (
  { cloud, caller },
  { Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken },
) => {
  if (Namespace !== undefined) checkName(Namespace, "Namespace");
  if (MetricName !== undefined) checkName(MetricName, "MetricName");
  checkEnum(RecentlyActive, "recentlyActive", ["PT3H"]);
  for (const [index, { Name }] of Dimensions.entries())
    checkLength(Name, `dimensions.${index + 1}.member.name`, 1, 255);
  await cloud.metrics.flush();
  const now = Math.floor(cloud.clock.now() / 1000);
  const oldest = now - (RecentlyActive ? RECENT_SECONDS : LISTED_SECONDS);
  const matching = cloud.store.read((tx) =>
    [...knownMetrics(tx, caller, Namespace, MetricName)].filter(
      ({ lastActive, dimensions }) =>
        lastActive >= oldest &&
        Dimensions.every((filter) =>
          dimensions.some(
            ({ name, value }) =>
              name === filter.Name && (filter.Value === undefined || filter.Value === value),
          ),
        ),
    ),
  );
  const { page, NextToken: next } = pageOf(matching, PAGE_SIZE, NextToken);
  return { Metrics: page.map(toMetric), NextToken: next };
};
