import { parseArn } from "../../arn.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { removeTags, tagList } from "../../tags.ts";
import type { World } from "../../world.ts";
import { alarmNameOf, getAlarm } from "./alarm.ts";
import { checkLength, checkRequired } from "./errors.ts";
import { checkTags, putTags, tagsOf } from "./tags.ts";
import { keyIn } from "./world.ts";

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
    tx.put(keyIn(world, "tags", arn), removeTags(tagsOf(tx, world, arn), TagKeys));
  });
  return {};
};

export const listTagsForResource: OperationOf<"cloudwatch", "ListTagsForResource"> = (
  { cloud, caller },
  { ResourceARN },
) =>
  cloud.store.read((tx) => {
    const [world, arn] = existing(tx, caller, ResourceARN);
    return { Tags: tagList(tagsOf(tx, world, arn)) };
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
