import type { OperationOf } from "../../service.ts";
import { invalidParameter, missingParameter } from "./faults.ts";
import { requireQueue } from "./queue.ts";
import { changeQueue } from "./queue-operations.ts";

/** SQS developer guide, "Quotas related to queues". */
const TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;

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

/** Throws `InvalidParameterValue` for too many tags, and for keys and values that are too long. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  if (entries.length > TAGS_MAX)
    throw invalidParameter(`Too many tags added for queue. Maximum number of tags: ${TAGS_MAX}.`);
  for (const [key, value] of entries)
    if (key.length < 1 || key.length > KEY_LENGTH_MAX || value.length > VALUE_LENGTH_MAX)
      throw invalidParameter(
        `Tag keys must be between 1 and ${KEY_LENGTH_MAX} characters in length, tag values at most ${VALUE_LENGTH_MAX}.`,
      );
}

/** UntagQueue: takes tags away; keys that are not there are no error. */
export const untagQueue: OperationOf<"sqs", "UntagQueue"> = async (call, input) => {
  const keys = input.TagKeys;
  if (!keys || keys.length === 0) throw missingParameter("TagKeys");
  await changeQueue(call, input.QueueUrl, (_, queue) => ({
    tags: Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !keys.includes(key))),
  }));
  return {};
};

/** ListQueueTags. */
export const listQueueTags: OperationOf<"sqs", "ListQueueTags"> = (call, input) => {
  const { tags } = requireQueue(call, input.QueueUrl);
  return Object.keys(tags).length > 0 ? { Tags: { ...tags } } : {};
};
