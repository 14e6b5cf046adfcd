import type { Group as GroupShown } from "@aws-sdk/client-iam";
import { randomBase32 } from "../../credentials.ts";
import type { OperationOf } from "../../service.ts";
import type { Key } from "../../store/store.ts";
import {
  checkName,
  checkPath,
  createEntity,
  deleteConflict,
  type Entity,
  entitiesKey,
  entityArn,
  entityKey,
  findEntity,
  UNIQUE_ID_CHARACTERS,
  type World,
} from "./entity.ts";
import { lastPart, pageOf } from "./page.ts";
import { checkUnused } from "./role.ts";
import { showUser } from "./user.ts";

/** Each membership is kept from both ends. */
const usersOfGroupKey = ({ account }: World, name: string): Key => [
  "iam",
  account,
  "groupUser",
  name.toLowerCase(),
];

export const groupsOfUserKey = ({ account }: World, name: string): Key => [
  "iam",
  account,
  "userGroup",
  name.toLowerCase(),
];

export const createGroup: OperationOf<"iam", "CreateGroup"> = async (
  { cloud, caller },
  { GroupName, Path: path = "/" },
) => {
  checkName("group", "groupName", GroupName);
  checkPath(path);
  const group: Entity = {
    name: GroupName,
    path,
    id: `AGPA${randomBase32(UNIQUE_ID_CHARACTERS)}`,
    createdAt: cloud.clock.now(),
    tags: [],
  };
  await cloud.store.write((tx) => createEntity(tx, caller, "group", group));
  return { Group: showGroup(caller, group) };
};

export const getGroup: OperationOf<"iam", "GetGroup"> = ({ cloud, caller }, input) => {
  const { GroupName } = input;
  checkName("group", "groupName", GroupName);
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

export const listGroups: OperationOf<"iam", "ListGroups"> = ({ cloud, caller }, input) => {
  const { PathPrefix = "/" } = input;
  return cloud.store.read((tx) => {
    const { entries, ...page } = pageOf<Entity>(
      tx,
      entitiesKey(caller, "group"),
      input,
      ({ path }) => path.startsWith(PathPrefix),
    );
    return { Groups: entries.map(({ value }) => showGroup(caller, value)), ...page };
  });
};

export const listGroupsForUser: OperationOf<"iam", "ListGroupsForUser"> = (
  { cloud, caller },
  input,
) => {
  const { UserName } = input;
  checkName("user", "userName", UserName);
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
  checkName("group", "groupName", GroupName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "group", GroupName);
    if ([...tx.range({ prefix: usersOfGroupKey(caller, GroupName), limit: 1 })].length > 0)
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    checkUnused(tx, caller, "group", GroupName);
    tx.delete(entityKey(caller, "group", GroupName));
  });
  return {};
};

export const addUserToGroup: OperationOf<"iam", "AddUserToGroup"> = async (
  { cloud, caller },
  { GroupName, UserName },
) => {
  checkName("group", "groupName", GroupName);
  checkName("user", "userName", UserName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "group", GroupName);
    findEntity(tx, caller, "user", UserName);
    tx.put([...usersOfGroupKey(caller, GroupName), UserName.toLowerCase()], true);
    tx.put([...groupsOfUserKey(caller, UserName), GroupName.toLowerCase()], true);
  });
  return {};
};

export const removeUserFromGroup: OperationOf<"iam", "RemoveUserFromGroup"> = async (
  { cloud, caller },
  { GroupName, UserName },
) => {
  checkName("group", "groupName", GroupName);
  checkName("user", "userName", UserName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "group", GroupName);
    findEntity(tx, caller, "user", UserName);
    tx.delete([...usersOfGroupKey(caller, GroupName), UserName.toLowerCase()]);
    tx.delete([...groupsOfUserKey(caller, UserName), GroupName.toLowerCase()]);
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
