import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import { constrainGroupName, findGroup, updateGroup } from "./group.ts";
import { metricFiltersKey, subscriptionFiltersKey, type World } from "./keys.ts";
import { PATTERN_LENGTH_MAX } from "./patterns/pattern.ts";

/** What metric filters and subscription filters have in common: a group has some of each, by their names. */
export interface GroupFilter {
  readonly name: string;
  readonly pattern: string;
  readonly creationTime: number;
  /** Kept and shown; there are no log transformers here for it to have an effect. */
  readonly applyOnTransformedLogs: boolean;
}

interface FilterKind {
  /** As AWS's errors call it. */
  readonly noun: string;
  readonly key: (world: World, group: number) => Key;
  readonly count: "metricFilterCount" | "subscriptionFilterCount";
  /** That a group has at most. Source: the documentation of `PutMetricFilter` and `PutSubscriptionFilter`. */
  readonly max: number;
}

export const METRIC_FILTER: FilterKind = {
  noun: "metric filter",
  key: metricFiltersKey,
  count: "metricFilterCount",
  max: 100,
};

export const SUBSCRIPTION_FILTER: FilterKind = {
  noun: "subscription filter",
  key: subscriptionFiltersKey,
  count: "subscriptionFilterCount",
  max: 2,
};

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html */
const NAME_LENGTH_MAX = 512;
const NAME_PATTERN = "[^:*]*";

/** What every request about one filter names. */
interface FilterNamed {
  readonly logGroupName?: string | undefined;
  readonly filterName?: string | undefined;
}

/** The checks of a filter's group, name and pattern, to which its kind adds its own. */
export function filterConstraints(
  input: FilterNamed & { readonly filterPattern?: string | undefined },
): Constraints {
  return nameConstraints(input)
    .required("filterPattern", input.filterPattern)
    .length("filterPattern", input.filterPattern, { max: PATTERN_LENGTH_MAX });
}

function nameConstraints({ logGroupName, filterName }: FilterNamed): Constraints {
  return constrainGroupName(new Constraints(), logGroupName)
    .required("filterName", filterName)
    .length("filterName", filterName, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("filterName", filterName, NAME_PATTERN);
}

/**
 * Puts a filter where one of its name may have been, whose time of creation it keeps. Throws `LimitExceededException`
 * for one more than the quota.
 */
export function putFilter<F extends GroupFilter>(
  tx: WriteTransaction,
  world: World,
  groupName: string,
  { key, count, max }: FilterKind,
  filter: F,
): void {
  const { number } = findGroup(tx, world, groupName);
  const at = [...key(world, number), filter.name];
  const before = tx.get<F>(at);
  if (!before)
    updateGroup(tx, world, groupName, (group) => {
      if (group[count] >= max)
        throw new ServiceError("LimitExceededException", "Resource limit exceeded.");
      return { ...group, [count]: group[count] + 1 };
    });
  tx.put<F>(at, { ...filter, creationTime: before?.creationTime ?? filter.creationTime });
}

/** Takes a filter off its group. Rejects with `ResourceNotFoundException` where there is none. */
export async function deleteFilter(
  { cloud, caller }: Call,
  { noun, key, count }: FilterKind,
  input: FilterNamed,
): Promise<Record<string, never>> {
  const { logGroupName = "", filterName = "" } = input;
  nameConstraints({ logGroupName, filterName }).check("InvalidParameterException");
  await cloud.store.write((tx) => {
    const { number } = findGroup(tx, caller, logGroupName);
    const at = [...key(caller, number), filterName];
    if (!tx.get(at))
      throw new ServiceError("ResourceNotFoundException", `The specified ${noun} does not exist.`);
    tx.delete(at);
    updateGroup(tx, caller, logGroupName, (group) => ({ ...group, [count]: group[count] - 1 }));
  });
  return {};
}
