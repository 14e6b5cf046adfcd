import type { Call } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import { checkName, findEntity, type World } from "./entity.ts";

/** Each membership is kept from both ends. */
export function usersOfGroupKey({ account }: World, name: string): Key {
  return ["iam", account, "groupUser", name.toLowerCase()];
}

export function groupsOfUserKey({ account }: World, name: string): Key {
  return ["iam", account, "userGroup", name.toLowerCase()];
}

export const addUserToGroup: OperationOf<"iam", "AddUserToGroup"> = (call, input) =>
  changeMembership(call, input, (tx, ends) => {
    for (const end of ends) tx.put(end, true);
  });

export const removeUserFromGroup: OperationOf<"iam", "RemoveUserFromGroup"> = (call, input) =>
  changeMembership(call, input, (tx, ends) => {
    for (const end of ends) tx.delete(end);
  });

/** Changes both ends of a membership, which need not be there; the group and the user have to. */
async function changeMembership(
  { cloud, caller }: Call,
  { GroupName, UserName }: { GroupName: string | undefined; UserName: string | undefined },
  change: (tx: WriteTransaction, ends: readonly Key[]) => void,
): Promise<Record<string, never>> {
  checkName("group", GroupName);
  checkName("user", UserName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "group", GroupName);
    findEntity(tx, caller, "user", UserName);
    change(tx, [
      [...usersOfGroupKey(caller, GroupName), UserName.toLowerCase()],
      [...groupsOfUserKey(caller, UserName), GroupName.toLowerCase()],
    ]);
  });
  return {};
}
