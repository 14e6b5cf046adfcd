import type { OperationOf } from "../../service.ts";
import { removeTags } from "../../tags.ts";
import { missingParameter } from "./errors.ts";
import { requireQueue } from "./queue.ts";
import { changeQueue } from "./queue-operations.ts";
import { checkTags } from "./tags.ts";

/** TagQueue: adds tags, and gives a new value to those that are there. */
export const tagQueue: OperationOf<"sqs", "TagQueue"> = async (call, input) => {
  const added = input.Tags;
  if (!added || Object.keys(added).length === 0) throw missingParameter("Tags");
  await changeQueue(call, input.QueueUrl, (_, queue) => {
    const tags = { ...queue.tags, ...added };
    checkTags(tags);
    return { tags };
  });
  return {};
};

/** UntagQueue: takes tags away; keys that are not there are no error. */
export const untagQueue: OperationOf<"sqs", "UntagQueue"> = async (call, input) => {
  const keys = input.TagKeys;
  if (!keys || keys.length === 0) throw missingParameter("TagKeys");
  await changeQueue(call, input.QueueUrl, (_, queue) => ({
    tags: removeTags(queue.tags, keys),
  }));
  return {};
};

/** ListQueueTags. */
export const listQueueTags: OperationOf<"sqs", "ListQueueTags"> = (call, input) => {
  const { tags } = requireQueue(call, input.QueueUrl);
  return Object.keys(tags).length > 0 ? { Tags: { ...tags } } : {};
};
