import { isDeepStrictEqual } from "node:util";
import type { EncryptionConfiguration } from "@aws-sdk/client-sfn";
import type { Caller } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import { entriesAfter, isName } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { checkEncryption } from "./configuration.ts";
import { type ActivityArn, activityArn, parseActivityArn } from "./machine-arn.ts";
import { checkArnGiven, checkName } from "./names.ts";
import { pageAsked, pageOf } from "./page.ts";
import { tagsOf } from "./tags.ts";

export interface Activity {
  readonly arn: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly creationDate: number;
  readonly encryptionConfiguration: EncryptionConfiguration;
  readonly tags: Tags;
}

/** Idempotent by name: the tags of a later request are passed over, another encryption is `ActivityAlreadyExists`. */
export const createActivity: OperationOf<"sfn", "CreateActivity"> = (call, input) => {
  const { name } = input;
  checkName(name);
  const arn = activityArn(call.caller, name);
  const activity: Activity = {
    arn,
    name,
    creationDate: call.cloud.clock.now(),
    encryptionConfiguration: checkEncryption(input.encryptionConfiguration),
    tags: tagsOf(arn, input.tags ?? []),
  };
  return call.cloud.store.write((tx) => {
    const key = activityKey(call.caller, name);
    const existing = tx.get<Activity>(key);
    if (existing && !isDeepStrictEqual(...encryptionsOf(existing, activity)))
      throw new ServiceError("ActivityAlreadyExists", `Activity Already Exists: '${arn}'`);
    if (!existing) tx.put<Activity>(key, activity);
    const { creationDate } = existing ?? activity;
    return { activityArn: arn, creationDate: new Date(creationDate) };
  });
};

export const describeActivity: OperationOf<"sfn", "DescribeActivity"> = (call, input) => {
  const arn = parseOwnActivityArn(call.caller, input.activityArn);
  const activity = call.cloud.store.read((tx) => requireActivity(tx, arn));
  return {
    activityArn: activity.arn,
    name: activity.name,
    creationDate: new Date(activity.creationDate),
    encryptionConfiguration: activity.encryptionConfiguration,
  };
};

/** One that is not there is deleted already. */
export const deleteActivity: OperationOf<"sfn", "DeleteActivity"> = async (call, input) => {
  const arn = parseOwnActivityArn(call.caller, input.activityArn);
  await call.cloud.store.write((tx) => tx.delete(activityKey(arn, arn.name)));
  return {};
};

export const listActivities: OperationOf<"sfn", "ListActivities"> = (call, input) => {
  const { limit, after } = pageAsked(input, isName);
  return call.cloud.store.read((tx) => {
    const entries = entriesAfter<Activity>(
      tx,
      activitiesKey(call.caller),
      after === undefined ? undefined : [after],
    );
    const { items, nextToken } = pageOf(entries, limit, ({ value }) => value.name);
    return {
      activities: items.map(({ value: { arn, name, creationDate } }) => ({
        activityArn: arn,
        name,
        creationDate: new Date(creationDate),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

export function activityKey(world: World, name: string): Key {
  return [...activitiesKey(world), name];
}

/** Throws `ActivityDoesNotExist`. */
export function requireActivity(tx: ReadTransaction, arn: ActivityArn): Activity {
  const activity = tx.get<Activity>(activityKey(arn, arn.name));
  if (!activity) throw activityDoesNotExist(arn.arn);
  return activity;
}

function parseOwnActivityArn(caller: Caller, text: string | undefined): ActivityArn {
  checkArnGiven("activityArn", text);
  const arn = parseActivityArn(text);
  if (arn.account !== caller.account || arn.region !== caller.region)
    throw activityDoesNotExist(text);
  return arn;
}

function activitiesKey({ account, region }: World): Key {
  return ["sfn", account, region, "activity"];
}

function encryptionsOf(one: Activity, other: Activity): [unknown, unknown] {
  return [one.encryptionConfiguration, other.encryptionConfiguration];
}

function activityDoesNotExist(arn: string): ServiceError {
  return new ServiceError("ActivityDoesNotExist", `Activity Does Not Exist: '${arn}'`);
}
