import type { Cloud } from "../../cloud.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { shownAttributes, unknownAttribute, withAttributes } from "./attributes.ts";
import { missingParameter } from "./errors.ts";
import { settleGroup } from "./group.ts";
import { inSpace, readTally } from "./message.ts";
import { makePopulations } from "./population.ts";
import { type Queue, queueOf, requireQueue } from "./queue.ts";
import { changeQueue } from "./queue-operations.ts";
import { checkRedrive } from "./redrive.ts";
import { expireAll } from "./retention.ts";

/** Every attribute that can be asked for. */
const READABLE = new Set([
  "All",
  "Policy",
  "VisibilityTimeout",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
  "ApproximateNumberOfMessagesDelayed",
  "DelaySeconds",
  "ReceiveMessageWaitTimeSeconds",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
]);

/** GetQueueAttributes: those that are asked for and there; `All` of them; none when none is asked for. */
export const getQueueAttributes: OperationOf<"sqs", "GetQueueAttributes"> = async (call, input) => {
  const queue = requireQueue(call, input.QueueUrl);
  const wanted = new Set<string>(input.AttributeNames ?? []);
  for (const name of wanted) if (!READABLE.has(name)) throw unknownAttribute(name);
  if (wanted.size === 0) return {};
  await expireAll(call.cloud, queue);
  const all = attributesOf(call.cloud, queue);
  const Attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(all))
    if (wanted.has("All") || wanted.has(name)) Attributes[name] = value;
  return Object.keys(Attributes).length > 0 ? { Attributes } : {};
};

function attributesOf(cloud: Cloud, queue: Queue): Record<string, string> {
  const { visible, held, delayed } = cloud.derived(makePopulations).of(queue).counts();
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(held),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ...shownAttributes(queue.attributes, queue.fifo),
  };
}

/** SetQueueAttributes. What holds for messages that are there already (retention, a FIFO queue's delay) holds at once. */
export const setQueueAttributes: OperationOf<"sqs", "SetQueueAttributes"> = async (call, input) => {
  const { cloud } = call;
  if (!input.Attributes) throw missingParameter("Attributes");
  const changes = input.Attributes;
  cloud.derived(makePopulations).of(requireQueue(call, input.QueueUrl));
  await changeQueue(call, input.QueueUrl, (tx, queue) => {
    const { FifoQueue: _, ...attributes } = withAttributes(queue.attributes, changes, queue.fifo);
    if (changes.RedrivePolicy) checkRedrive(tx, queue, queue.fifo, attributes);
    const changed = queueOf({ ...queue, attributes });
    if (queue.fifo && changed.settings.delayMs !== queue.settings.delayMs)
      settleGroups(cloud, tx, changed);
    return { attributes, modifiedAt: cloud.clock.now() };
  });
  return {};
};

/** A FIFO queue's delay holds for the messages that lie in it already: all turns are found anew. */
function settleGroups(cloud: Cloud, tx: WriteTransaction, queue: Queue): void {
  const tally = readTally(tx, queue);
  if (!tally) return;
  const now = cloud.clock.now();
  const prefix = inSpace(queue, "group", tally.space);
  for (const { key } of [...tx.range({ prefix })])
    settleGroup(tx, queue, tally.space, String(key[prefix.length]), now);
  const population = cloud.derived(makePopulations).of(queue);
  const counted = population.count(tx, queue);
  tx.afterCommit(() => {
    population.restore(counted);
    population.ring(Number.MAX_SAFE_INTEGER);
  });
}
