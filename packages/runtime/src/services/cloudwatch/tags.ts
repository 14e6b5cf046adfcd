import type { Tag } from "@aws-sdk/client-cloudwatch";
import { parseArn } from "../../arn.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { alarmNameOf, getAlarm } from "./alarm.ts";
import { checkLength, checkRequired, validationError } from "./errors.ts";
import { keyIn, type World } from "./world.ts";

const TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;

type Tags = Readonly<Record<string, string>>;

export function checkTags(tags: readonly Tag[] | undefined): void {
  for (const [index, { Key, Value }] of (tags ?? []).entries()) {
    checkRequired(Key, `tags.${index + 1}.member.key`);
    checkRequired(Value, `tags.${index + 1}.member.value`);
    checkLength(Key, `tags.${index + 1}.member.key`, 1, KEY_LENGTH_MAX);
    checkLength(Value, `tags.${index + 1}.member.value`, 0, VALUE_LENGTH_MAX);
    if (/^aws:/i.test(Key))
      throw validationError("aws: prefixed tag key names are not allowed for external use.");
  }
}

/** Adds tags to a resource's; a resource has at most 50. */
export function putTags(
  tx: WriteTransaction,
  world: World,
  arn: string,
  tags: readonly Tag[],
): void {
  if (tags.length === 0) return;
  const all = {
    ...tx.get<Tags>(keyIn(world, "tags", arn)),
    ...Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  };
  if (Object.keys(all).length > TAGS_MAX)
    throw validationError(`The number of tags must not be greater than ${TAGS_MAX}.`);
  tx.put(keyIn(world, "tags", arn), all);
}

export function dropTags(tx: WriteTransaction, world: World, arn: string): void {
  tx.delete(keyIn(world, "tags", arn));
}

export const tagResource: OperationOf<"cloudwatch", "TagResource"> = async (
  { cloud, caller },
  { ResourceARN, Tags },
) => {
  checkRequired(Tags, "tags");
  checkTags(Tags);
  await cloud.store.write((tx) => {
    putTags(tx, ...existing(tx, caller, ResourceARN), Tags);
  });
  return {};
};

export const untagResource: OperationOf<"cloudwatch", "UntagResource"> = async (
  { cloud, caller },
  { ResourceARN, TagKeys },
) => {
  checkRequired(TagKeys, "tagKeys");
  await cloud.store.write((tx) => {
    const [world, arn] = existing(tx, caller, ResourceARN);
    const left = { ...tx.get<Tags>(keyIn(world, "tags", arn)) };
    for (const key of TagKeys) delete left[key];
    tx.put(keyIn(world, "tags", arn), left);
  });
  return {};
};

export const listTagsForResource: OperationOf<"cloudwatch", "ListTagsForResource"> = (
  { cloud, caller },
  { ResourceARN },
) =>
  cloud.store.read((tx) => {
    const [world, arn] = existing(tx, caller, ResourceARN);
    const tags = tx.get<Tags>(keyIn(world, "tags", arn)) ?? {};
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  });

/** The ARN of an alarm or dashboard that there is, and the world that it is in. */
function existing(tx: ReadTransaction, caller: World, arn: string | undefined): [World, string] {
  checkRequired(arn, "resourceARN");
  checkLength(arn, "resourceARN", 1, 1024);
  const { service, region = "", account = "", resource = "" } = parseArn(arn) ?? {};
  const world = { account, region };
  const dashboard = /^dashboard\/(.+)$/.exec(resource)?.[1];
  const exists =
    service === "cloudwatch" &&
    account === caller.account &&
    (dashboard === undefined
      ? region === caller.region &&
        resource.startsWith("alarm:") &&
        getAlarm(tx, world, alarmNameOf(arn))
      : region === "" && tx.get(keyIn(world, "dashboard", dashboard)));
  if (!exists)
    throw new ServiceError("ResourceNotFoundException", `Unknown resource: ${arn}`, {
      fields: { ResourceType: dashboard === undefined ? "Alarm" : "Dashboard", ResourceId: arn },
    });
  return [world, arn];
}
