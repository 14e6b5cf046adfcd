import { queueUrl } from "../../queue-url.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { settingsOf } from "./attributes.ts";
import { invalidValue } from "./errors.ts";
import { pageOf, requirePage } from "./page.ts";
import {
  parseQueueArn,
  type Queue,
  type QueueName,
  type QueueRecord,
  queueArn,
  queueOf,
  readQueue,
  requireQueue,
} from "./queue.ts";

/**
 * Checks that a queue's dead-letter queue is there, of the same account, Region and type, and lets this queue use
 * it. Throws `InvalidParameterValue` with the words of SQS (serverless issue 5215, handel issue 253).
 */
export function checkRedrive(
  tx: ReadTransaction,
  source: QueueName,
  fifo: boolean,
  attributes: Readonly<Record<string, string>>,
): void {
  const policy = attributes.RedrivePolicy;
  if (!policy) return;
  const invalid = (reason: string) => invalidValue("RedrivePolicy", policy, reason);
  const { redrivePolicy } = settingsOf(attributes);
  const target = redrivePolicy && parseQueueArn(redrivePolicy.deadLetterTargetArn);
  if (!target) throw invalid("Dead letter target does not exist.");
  if (target.account !== source.account || target.region !== source.region)
    throw invalid("Dead-letter target owner should be same as the source.");
  const sameQueue = target.name === source.name;
  const found = readQueue(tx, target);
  if (!found && !sameQueue) throw invalid("Dead letter target does not exist.");
  if (found && found.fifo !== fifo)
    throw invalid("Dead-letter queue must be same type of queue as the source.");
  if (found && !allows(found, queueArn(source)))
    throw invalid(
      `Queue ${queueArn(source)} is not allowed to use ${found.arn} as its dead-letter queue: see the redrive allow policy of that queue.`,
    );
}

function allows({ settings }: Queue, sourceArn: string): boolean {
  const { redrivePermission, sourceQueueArns } = settings.redriveAllowPolicy;
  return (
    redrivePermission === "allowAll" ||
    (redrivePermission === "byQueue" && sourceQueueArns.includes(sourceArn))
  );
}

/** The queues of an account and Region whose redrive policy names this queue, in the order of their names. */
export function* sourcesOf(tx: ReadTransaction, queue: Queue): Iterable<Queue> {
  const prefix = ["sqs", queue.account, queue.region, "queue"];
  for (const { value } of tx.range<QueueRecord>({ prefix })) {
    const source = queueOf(value);
    if (source.settings.redrivePolicy?.deadLetterTargetArn === queue.arn) yield source;
  }
}

/** ListDeadLetterSourceQueues, a thousand at most. */
export const listDeadLetterSourceQueues: OperationOf<"sqs", "ListDeadLetterSourceQueues"> = (
  call,
  input,
) => {
  const queue = requireQueue(call, input.QueueUrl);
  const page = requirePage(input.MaxResults, input.NextToken);
  const { items, NextToken } = call.cloud.store.read((tx) =>
    pageOf(page, sourcesOf(tx, queue), ({ name }) => name),
  );
  return {
    queueUrls: items.map((source) => queueUrl(call.cloud, source)),
    ...(NextToken !== undefined && { NextToken }),
  };
};
