import { Constraints } from "../../constraints.ts";
import { decodePageToken, entriesAfter, isKeyOfNames, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { type World, worldOf } from "../../world.ts";
import { alreadyExists, invalid } from "./errors.ts";
import {
  DEFAULT_GROUP,
  findGroup,
  type Group,
  groupArn,
  groupKey,
  groupsKey,
  requireGroup,
} from "./group.ts";
import { deleteSchedule, type Schedule, schedulesKey } from "./schedule.ts";
import { checkClientToken, NAME_LENGTH_MAX, NAME_PATTERN } from "./settings.ts";
import { checkTags } from "./tag-operations.ts";

/** Source: API reference, ListScheduleGroups. */
const PER_PAGE_MAX = 100;

export const createScheduleGroup: OperationOf<"scheduler", "CreateScheduleGroup"> = async (
  { cloud, caller },
  input,
) => {
  const name = checkName(input.Name);
  checkClientToken(input.ClientToken);
  const tags = checkTags(input.Tags ?? []);
  const { ClientToken: clientToken } = input;
  const world = worldOf(caller);
  const now = cloud.clock.now();
  await cloud.store.write((tx) => {
    const existing = findGroup(tx, world, name);
    if (existing) {
      if (clientToken !== undefined && existing.clientToken === clientToken) return;
      throw alreadyExists(`Schedule group ${name}`);
    }
    const token = clientToken === undefined ? {} : { clientToken };
    tx.put<Group>(groupKey(world, name), { name, createdAt: now, modifiedAt: now, tags, ...token });
  });
  return { ScheduleGroupArn: groupArn(world, name) };
};

export const getScheduleGroup: OperationOf<"scheduler", "GetScheduleGroup"> = (
  { cloud, caller },
  input,
) => {
  const name = checkName(input.Name);
  const world = worldOf(caller);
  return shownGroup(
    world,
    cloud.store.read((tx) => requireGroup(tx, world, name)),
  );
};

/** Its schedules go with it. Source: API reference, DeleteScheduleGroup. */
export const deleteScheduleGroup: OperationOf<"scheduler", "DeleteScheduleGroup"> = async (
  { cloud, caller },
  input,
) => {
  const name = checkName(input.Name);
  checkClientToken(input.ClientToken);
  if (name === DEFAULT_GROUP) throw invalid("The default schedule group cannot be deleted.");
  const world = worldOf(caller);
  await cloud.store.write((tx) => {
    requireGroup(tx, world, name);
    const schedules = [...tx.range<Schedule>({ prefix: schedulesKey(world, name) })];
    for (const { value } of schedules) deleteSchedule(tx, value);
    tx.delete(groupKey(world, name));
  });
  return {};
};

export const listScheduleGroups: OperationOf<"scheduler", "ListScheduleGroups"> = (
  { cloud, caller },
  input,
) => {
  const { NamePrefix = "", MaxResults, NextToken } = input;
  new Constraints()
    .length("namePrefix", input.NamePrefix, { min: 1, max: NAME_LENGTH_MAX })
    .range("maxResults", MaxResults, { min: 1, max: PER_PAGE_MAX })
    .check("ValidationException");
  const world = worldOf(caller);
  const after = decodePageToken(NextToken, isKeyOfNames, () => invalid("Invalid NextToken."));
  return cloud.store.read((tx) => {
    const { items, nextToken } = takePage(
      groupsAfter(tx, world, NamePrefix, after),
      MaxResults ?? PER_PAGE_MAX,
      ({ name }) => [name],
    );
    return {
      ScheduleGroups: items.map((group) => shownGroup(world, group)),
      ...(nextToken && { NextToken: nextToken }),
    };
  });
};

/** The default group comes first, whether it has been written or not. */
function* groupsAfter(
  tx: ReadTransaction,
  world: World,
  namePrefix: string,
  after: readonly string[] | undefined,
): Generator<Group> {
  if (after === undefined && DEFAULT_GROUP.startsWith(namePrefix))
    yield requireGroup(tx, world, DEFAULT_GROUP);
  const stored = after?.[0] === DEFAULT_GROUP ? undefined : after;
  for (const { value } of entriesAfter<Group>(tx, groupsKey(world), stored))
    if (value.name !== DEFAULT_GROUP && value.name.startsWith(namePrefix)) yield value;
}

function shownGroup(world: World, { name, createdAt, modifiedAt }: Group) {
  return {
    Arn: groupArn(world, name),
    Name: name,
    State: "ACTIVE" as const,
    CreationDate: new Date(createdAt),
    LastModificationDate: new Date(modifiedAt),
  };
}

function checkName(name: string | undefined): string {
  new Constraints()
    .required("name", name)
    .length("name", name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("name", name, NAME_PATTERN)
    .check("ValidationException");
  return name ?? "";
}
