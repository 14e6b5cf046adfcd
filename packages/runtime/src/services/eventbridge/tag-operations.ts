import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { removeTags, type Tags, tagList } from "../../tags.ts";
import { type Bus, busKey, parseBusArn, requireBus } from "./bus.ts";
import { invalidParameter } from "./errors.ts";
import { parseRuleArn, putRuleRecord, requireRule } from "./rule.ts";
import { addTags, checkTags } from "./tags.ts";

/** Buses and rules have tags. Adds some; one that is there gets the new value. */
export const tagResource: OperationOf<"eventbridge", "TagResource"> = async ({ cloud }, input) => {
  checkArn(input.ResourceARN);
  new Constraints().required("tags", input.Tags).check("ValidationException");
  const added = checkTags(input.Tags ?? []);
  await cloud.store.write((tx) => {
    const tagged = taggedBy(tx, input.ResourceARN);
    tagged.put(tx, addTags(tagged.tags, added));
  });
  return {};
};

export const untagResource: OperationOf<"eventbridge", "UntagResource"> = async (
  { cloud },
  input,
) => {
  checkArn(input.ResourceARN);
  new Constraints().required("tagKeys", input.TagKeys).check("ValidationException");
  await cloud.store.write((tx) => {
    const tagged = taggedBy(tx, input.ResourceARN);
    tagged.put(tx, removeTags(tagged.tags, input.TagKeys ?? []));
  });
  return {};
};

export const listTagsForResource: OperationOf<"eventbridge", "ListTagsForResource"> = (
  { cloud },
  input,
) => {
  checkArn(input.ResourceARN);
  const { tags } = cloud.store.read((tx) => taggedBy(tx, input.ResourceARN));
  return { Tags: tagList(tags) };
};

function checkArn(arn: string | undefined): void {
  new Constraints().required("resourceARN", arn).check("ValidationException");
}

interface Tagged {
  readonly tags: Tags;
  put(tx: WriteTransaction, tags: Tags): void;
}

/** What an ARN names. Throws `ResourceNotFoundException` where it is not there. */
function taggedBy(tx: ReadTransaction, arn = ""): Tagged {
  const place = parseBusArn(arn);
  if (place) {
    const bus = requireBus(tx, place);
    return {
      tags: bus.tags,
      put: (writing, tags) => writing.put<Bus>(busKey(place, place.name), { ...bus, tags }),
    };
  }
  const named = parseRuleArn(arn);
  if (!named)
    throw invalidParameter("ResourceARN", `${arn} is not the ARN of an event bus or a rule.`);
  const { account, region, busName, name } = named;
  const rule = requireRule(tx, { account, region, name: busName }, name);
  return {
    tags: rule.tags,
    put: (writing, tags) => putRuleRecord(writing, named, { ...rule, tags }),
  };
}
