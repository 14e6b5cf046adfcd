import type { Call, Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { queueUrl } from "../../queue-url.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { shownAttributes, withAttributes } from "./attributes.ts";
import { memoriesOf } from "./deduplication.ts";
import { invalidParameter, missingParameter } from "./errors.ts";
import { inSpace, putTally, readTally, SPACE_NOUNS, tallyKey } from "./message.ts";
import { pageOf, requirePage } from "./page.ts";
import { makePopulations } from "./population.ts";
import {
  makeQueues,
  nextId,
  noSuchQueue,
  putQueue,
  type Queue,
  type QueueName,
  type QueueRecord,
  queueKey,
  queueOf,
  readQueue,
  requireQueue,
} from "./queue.ts";
import { checkRedrive } from "./redrive.ts";
import { sweepLater } from "./sweep.ts";
import { checkTags } from "./tags.ts";

const QUEUE_NAME = /^[\w-]{1,80}$/;
/** The suffix counts towards the 80 characters of a name. */
const FIFO_QUEUE_NAME = /^[\w-]{1,75}\.fifo$/;
/** API reference of PurgeQueueInProgress. */
const PURGE_INTERVAL_MS = 60_000;

/**
 * CreateQueue. A queue that is there already is answered with its URL, unless an attribute that is given differs
 * (`QueueNameExists`). The 60 seconds that AWS has one wait after a deletion (`QueueDeletedRecently`) are not kept:
 * tests that make and delete their queues would wait for nothing.
 */
export const createQueue: OperationOf<"sqs", "CreateQueue"> = async ({ cloud, caller }, input) => {
  const { QueueName: name, Attributes = {}, tags = {} } = input;
  const fifo = Attributes.FifoQueue === "true";
  checkName(name, fifo);
  const wanted = withAttributes({}, Attributes, fifo);
  checkTags(tags);
  const queue = await cloud.store.write((tx) => {
    const { account, region } = caller;
    const found = readQueue(tx, { account, region, name });
    if (found) {
      refuseDifferent(found, wanted, Attributes);
      return found;
    }
    checkRedrive(tx, { account, region, name }, fifo, wanted);
    return create(cloud, tx, { account, region, name }, wanted, tags);
  });
  return { QueueUrl: queueUrl(cloud, queue) };
};

function checkName(name: string | undefined, fifo: boolean): asserts name is string {
  if (!name) throw missingParameter("QueueName");
  if (fifo ? FIFO_QUEUE_NAME.test(name) : QUEUE_NAME.test(name)) return;
  throw invalidParameter(
    fifo
      ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
      : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
  );
}

function refuseDifferent(
  found: Queue,
  wanted: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string | undefined>>,
): void {
  const has = shownAttributes(found.attributes, found.fifo);
  for (const name of Object.keys(given)) {
    const is = name === "FifoQueue" ? String(found.fifo) : has[name];
    if ((wanted[name] ?? "") !== (is ?? ""))
      throw new ServiceError(
        "QueueNameExists",
        `A queue already exists with the same name and a different value for attribute ${name}`,
      );
  }
}

function create(
  cloud: Cloud,
  tx: WriteTransaction,
  name: QueueName,
  { FifoQueue, ...attributes }: Record<string, string>,
  tags: Record<string, string>,
): QueueRecord {
  const now = cloud.clock.now();
  const record: QueueRecord = {
    ...name,
    id: nextId(tx),
    fifo: FifoQueue === "true",
    createdAt: now,
    modifiedAt: now,
    attributes,
    tags,
  };
  putQueue(cloud, tx, record);
  putTally(tx, name, { space: nextId(tx), sequence: 0, messages: 0, queueId: record.id });
  return record;
}

/** GetQueueUrl, of the caller's own queue or of another account's. */
export const getQueueUrl: OperationOf<"sqs", "GetQueueUrl"> = ({ cloud, caller }, input) => {
  if (!input.QueueName) throw missingParameter("QueueName");
  const account = input.QueueOwnerAWSAccountId || caller.account;
  const queue = cloud
    .derived(makeQueues)
    .get({ account, region: caller.region, name: input.QueueName });
  if (!queue) throw noSuchQueue();
  return { QueueUrl: queueUrl(cloud, queue) };
};

/** ListQueues, in the order of their names, a thousand at most. */
export const listQueues: OperationOf<"sqs", "ListQueues"> = ({ cloud, caller }, input) => {
  const page = requirePage(input.MaxResults, input.NextToken);
  const prefix = input.QueueNamePrefix ?? "";
  const { items, NextToken } = cloud.store.read((tx) =>
    pageOf(page, namesFrom(tx, caller, prefix), (name) => name),
  );
  if (items.length === 0) return {};
  const QueueUrls = items.map((name) => queueUrl(cloud, { account: caller.account, name }));
  return { QueueUrls, ...(NextToken !== undefined && { NextToken }) };
};

function* namesFrom(tx: ReadTransaction, caller: Caller, prefix: string): Iterable<string> {
  const queues = ["sqs", caller.account, caller.region, "queue"];
  for (const { value } of tx.range<QueueRecord>({ prefix: queues, from: [prefix] })) {
    if (!value.name.startsWith(prefix)) return;
    yield value.name;
  }
}

/** DeleteQueue, with all that lies in it: gone at once, and swept away afterwards. */
export const deleteQueue: OperationOf<"sqs", "DeleteQueue"> = async (call, input) => {
  const { cloud } = call;
  const queue = requireQueue(call, input.QueueUrl);
  await cloud.store.write((tx) => {
    const tally = readTally(tx, queue);
    if (tally?.queueId !== queue.id) throw noSuchQueue();
    tx.delete(queueKey(queue));
    tx.delete(tallyKey(queue));
    const space = SPACE_NOUNS.map((noun) => inSpace(queue, noun, tally.space));
    sweepLater(cloud, tx, queue, [...space, ...memoriesOf(queue)]);
    tx.afterCommit(() => {
      cloud.derived(makeQueues).forget(queue);
      cloud.derived(makePopulations).forget(queue);
    });
  });
  return {};
};

/** PurgeQueue: the queue is empty at once. Throws `PurgeQueueInProgress` within 60 seconds of another. */
export const purgeQueue: OperationOf<"sqs", "PurgeQueue"> = async (call, input) => {
  const { cloud } = call;
  const population = cloud.derived(makePopulations).of(requireQueue(call, input.QueueUrl));
  const now = cloud.clock.now();
  await changeQueue(call, input.QueueUrl, (tx, queue) => {
    const tally = readTally(tx, queue);
    if (!tally) throw noSuchQueue();
    if (queue.purgedAt !== undefined && now < queue.purgedAt + PURGE_INTERVAL_MS)
      throw new ServiceError(
        "PurgeQueueInProgress",
        `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
      );
    sweepLater(
      cloud,
      tx,
      queue,
      SPACE_NOUNS.map((noun) => inSpace(queue, noun, tally.space)),
    );
    putTally(tx, queue, { ...tally, space: nextId(tx), messages: 0 });
    const counted = population.count(tx, queue);
    tx.afterCommit(() => population.restore(counted));
    return { purgedAt: now };
  });
  return {};
};

/** Changes a queue's record in one transaction. Rejects with `QueueDoesNotExist`. */
export async function changeQueue(
  call: Call,
  url: string | undefined,
  change: (tx: WriteTransaction, queue: Queue) => Partial<QueueRecord>,
): Promise<Queue> {
  const { cloud } = call;
  const known = requireQueue(call, url);
  return cloud.store.write((tx) => {
    const queue = readQueue(tx, known);
    if (!queue) throw noSuchQueue();
    const { arn: _arn, settings: _settings, ...record } = queue;
    const changed: QueueRecord = { ...record, ...change(tx, queue) };
    putQueue(cloud, tx, changed);
    return queueOf(changed);
  });
}
