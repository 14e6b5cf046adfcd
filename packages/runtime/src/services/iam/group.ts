import type { Group as GroupShown } from "@aws-sdk/client-iam";
import type { OperationOf } from "../../service.ts";
import { checkWithoutPolicies } from "./attachment.ts";
import {
  checkName,
  checkPath,
  createEntity,
  type Entity,
  entityArn,
  entityKey,
  findEntity,
  listEntities,
  newEntity,
  type World,
} from "./entity.ts";
import { deleteConflict } from "./errors.ts";
import { groupsOfUserKey, usersOfGroupKey } from "./membership.ts";
import { lastPart, pageOf } from "./page.ts";
import { showUser } from "./user.ts";

export const createGroup: OperationOf<"iam", "CreateGroup"> = async (
  { cloud, caller },
  { GroupName, Path: path = "/" },
) => {
  checkName("group", GroupName);
  checkPath(path);
  const group = newEntity("group", { name: GroupName, path }, cloud.clock.now());
  await cloud.store.write((tx) => createEntity(tx, caller, "group", group));
  return { Group: showGroup(caller, group) };
};

export const getGroup: OperationOf<"iam", "GetGroup"> = ({ cloud, caller }, input) => {
  const { GroupName } = input;
  checkName("group", GroupName);
  return cloud.store.read((tx) => {
    const group = findEntity(tx, caller, "group", GroupName);
    const { entries, ...page } = pageOf(tx, usersOfGroupKey(caller, GroupName), input);
    const users = entries.map((entry) => findEntity(tx, caller, "user", lastPart(entry)));
    return {
      Group: showGroup(caller, group),
      Users: users.map((user) => showUser(caller, user)),
      ...page,
    };
  });
};

export const listGroups: OperationOf<"iam", "ListGroups"> = ({ cloud, caller }, input) =>
  cloud.store.read((tx) => {
    const { entries, ...page } = listEntities(tx, caller, "group", input);
    return { Groups: entries.map(({ value }) => showGroup(caller, value)), ...page };
  });

export const listGroupsForUser: OperationOf<"iam", "ListGroupsForUser"> = (
  { cloud, caller },
  input,
) => {
  const { UserName } = input;
  checkName("user", UserName);
  return cloud.store.read((tx) => {
    findEntity(tx, caller, "user", UserName);
    const { entries, ...page } = pageOf(tx, groupsOfUserKey(caller, UserName), input);
    const groups = entries.map((entry) => findEntity(tx, caller, "group", lastPart(entry)));
    return { Groups: groups.map((group) => showGroup(caller, group)), ...page };
  });
};

export const deleteGroup: OperationOf<"iam", "DeleteGroup"> = async (
  { cloud, caller },
  { GroupName },
) => {
  checkName("group", GroupName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "group", GroupName);
    if ([...tx.range({ prefix: usersOfGroupKey(caller, GroupName), limit: 1 })].length > 0)
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    checkWithoutPolicies(tx, caller, "group", GroupName);
    tx.delete(entityKey(caller, "group", GroupName));
  });
  return {};
};

function showGroup(world: World, group: Entity): GroupShown {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: entityArn(world, "group", group.path, group.name),
    CreateDate: new Date(group.createdAt),
  };
}
