import { arn } from "../../arn.ts";
import type { Call } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { Key, ReadTransaction, Store, WriteTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import { type QueueSettings, settingsOf } from "./attributes.ts";
import { missingParameter } from "./errors.ts";

/** A queue as the store has it, under {@link queueKey}. */
export interface QueueRecord {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Another number for each queue ever made: a queue made again under an old name is another queue. */
  readonly id: number;
  readonly fifo: boolean;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly purgedAt?: number;
  /** What was set, as AWS writes it; defaults are not in it. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** A queue, with its attributes understood. */
export interface Queue extends QueueRecord {
  readonly arn: string;
  readonly settings: QueueSettings;
}

export interface QueueName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

const QUEUE_PATH = /\/(\d{12})\/([\w-]{1,80}(?:\.fifo)?)\/?$/;
const QUEUE_ARN = /^arn:aws[\w-]*:sqs:([\w-]+):(\d{12}):([\w-]{1,80}(?:\.fifo)?)$/;
const NEXT_ID: Key = ["sqs", "next-id"];

export function queueKey({ account, region, name }: QueueName): Key {
  return ["sqs", account, region, "queue", name];
}

/** A number that was never given before, for a queue or for a space of messages. */
export function nextId(tx: WriteTransaction): number {
  const id = tx.get<number>(NEXT_ID) ?? 1;
  tx.put(NEXT_ID, id + 1);
  return id;
}

export function queueArn({ account, region, name }: QueueName): string {
  return arn("sqs", region, account, name);
}

/** The queue that an ARN names; undefined when it is no queue's ARN. */
export function parseQueueArn(arn: string): QueueName | undefined {
  const [, region, account, name] = QUEUE_ARN.exec(arn) ?? [];
  return region && account && name ? { account, region, name } : undefined;
}

/** The queue that a URL names, whatever its host: `…/account/name`. Its Region is the one that is called. */
export function parseQueueUrl(url: string, region: string): QueueName | undefined {
  const [, account, name] = QUEUE_PATH.exec(url) ?? [];
  return account && name ? { account, region, name } : undefined;
}

export function queueOf(record: QueueRecord): Queue {
  return { ...record, arn: queueArn(record), settings: settingsOf(record.attributes) };
}

export function readQueue(tx: ReadTransaction, name: QueueName): Queue | undefined {
  const record = tx.get<QueueRecord>(queueKey(name));
  return record && queueOf(record);
}

/** Writes a queue, and has every cloud's memory of it renewed. */
export function putQueue(cloud: Cloud, tx: WriteTransaction, record: QueueRecord): void {
  tx.put(queueKey(record), record);
  tx.afterCommit(() => cloud.derived(makeQueues).forget(record));
}

/** The queues that were asked for, as they were last written, so that a send does not decode its queue anew. */
export class Queues {
  readonly #known = new Map<string, Queue>();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(name: QueueName): Queue | undefined {
    const key = `${name.region}/${name.account}/${name.name}`;
    const known = this.#known.get(key);
    if (known) return known;
    const queue = this.#store.read((tx) => readQueue(tx, name));
    if (queue) this.#known.set(key, queue);
    return queue;
  }

  forget({ account, region, name }: QueueName): void {
    this.#known.delete(`${region}/${account}/${name}`);
  }
}

export function makeQueues(cloud: Cloud): Queues {
  return new Queues(cloud.store);
}

/** Throws `QueueDoesNotExist`, with the words that SQS uses in its JSON protocol. */
export function noSuchQueue(): ServiceError {
  return new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
}

/** The queue that a request's QueueUrl names. Throws `MissingParameter`, `QueueDoesNotExist`. */
export function requireQueue({ cloud, caller }: Call, url: string | undefined): Queue {
  if (!url) throw missingParameter("QueueUrl");
  const name = parseQueueUrl(url, caller.region);
  const queue = name && cloud.derived(makeQueues).get(name);
  if (!queue) throw noSuchQueue();
  return queue;
}
