import type { OperationOf } from "../../service.ts";
import { type BatchFailure, batchResult, checkBatch, failureOf, requireEntries } from "./batch.ts";
import { invalidValue, missingParameter } from "./errors.ts";
import { emitDeleted } from "./metrics.ts";
import { requireQueue } from "./queue.ts";
import { parseReceiptHandle } from "./receipt.ts";
import { checkVisibilityTimeout, VISIBILITY_TIMEOUT_MAX } from "./receive.ts";
import { type MessageStorage, writeMessages } from "./storage.ts";

/** DeleteMessage: takes a received message out of the queue. One that is gone already is no error. */
export const deleteMessage: OperationOf<"sqs", "DeleteMessage"> = async (call, input) => {
  const queue = requireQueue(call, input.QueueUrl);
  parseReceiptHandle(queue, input.ReceiptHandle);
  await writeMessages(call.cloud, queue, (storage) => remove(storage, input.ReceiptHandle));
  emitDeleted(call.cloud, queue, 1);
  return {};
};

/** DeleteMessageBatch: up to ten, each of which succeeds or fails by itself. */
export const deleteMessageBatch: OperationOf<"sqs", "DeleteMessageBatch"> = async (call, input) => {
  const queue = requireQueue(call, input.QueueUrl);
  const entries = requireEntries(input.Entries, "DeleteMessageBatchRequestEntry");
  checkBatch(entries);
  const result = await writeMessages(call.cloud, queue, (storage) =>
    eachEntry(entries, ({ ReceiptHandle }) => remove(storage, ReceiptHandle)),
  );
  emitDeleted(call.cloud, queue, result.Successful?.length ?? 0);
  return result;
};

/** ChangeMessageVisibility: a received message becomes visible after so many seconds from now, 0 at once. */
export const changeMessageVisibility: OperationOf<"sqs", "ChangeMessageVisibility"> = async (
  call,
  input,
) => {
  const queue = requireQueue(call, input.QueueUrl);
  await writeMessages(call.cloud, queue, (storage) =>
    changeVisibility(storage, input.ReceiptHandle, input.VisibilityTimeout),
  );
  return {};
};

/** ChangeMessageVisibilityBatch: up to ten, each of which succeeds or fails by itself. */
export const changeMessageVisibilityBatch: OperationOf<"sqs", "ChangeMessageVisibilityBatch"> = (
  call,
  input,
) => {
  const queue = requireQueue(call, input.QueueUrl);
  const entries = requireEntries(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
  checkBatch(entries);
  return writeMessages(call.cloud, queue, (storage) =>
    eachEntry(entries, ({ ReceiptHandle, VisibilityTimeout }) =>
      changeVisibility(storage, ReceiptHandle, VisibilityTimeout),
    ),
  );
};

function eachEntry<T extends { readonly Id: string | undefined }>(
  entries: readonly T[],
  act: (entry: T) => void,
): ReturnType<typeof batchResult<{ Id: string }>> {
  const successful: { Id: string }[] = [];
  const failed: BatchFailure[] = [];
  for (const entry of entries) {
    const Id = entry.Id ?? "";
    try {
      act(entry);
      successful.push({ Id });
    } catch (error) {
      failed.push(failureOf(Id, error));
    }
  }
  return batchResult(successful, failed);
}

/**
 * A standard queue deletes by any handle that it gave for the message, old ones too (moto pull request 4655, which
 * was checked against AWS); a FIFO queue only by the last one, while the message is in flight (aws-sdk-java issue
 * 2164).
 */
function remove(storage: MessageStorage, handle: string | undefined): void {
  const receipt = parseReceiptHandle(storage.queue, handle);
  const message = storage.find(receipt);
  if (!message) return;
  if (storage.queue.fifo) {
    if (message.receives !== receipt.receives || !storage.inFlight(message))
      throw invalidValue("ReceiptHandle", handle, "The receipt handle has expired.");
  }
  storage.remove(message);
}

/**
 * With a handle whose visibility timeout is over nothing happens, and that is no error (localstack pull request
 * 9632, checked against AWS); a message that was deleted cannot be changed.
 */
function changeVisibility(
  storage: MessageStorage,
  handle: string | undefined,
  seconds: number | undefined,
): void {
  if (seconds === undefined) throw missingParameter("VisibilityTimeout");
  const receipt = parseReceiptHandle(storage.queue, handle);
  checkVisibilityTimeout(seconds);
  const message = storage.find(receipt);
  const stale = message && message.receives !== receipt.receives && storage.queue.fifo;
  if (!message || stale)
    throw invalidValue(
      "ReceiptHandle",
      handle,
      "Message does not exist or is not available for visibility timeout change.",
    );
  if (!storage.inFlight(message)) return;
  const visibleAt = storage.now + seconds * 1000;
  if (visibleAt - (message.receivedAt ?? storage.now) > VISIBILITY_TIMEOUT_MAX * 1000)
    throw invalidValue(
      "VisibilityTimeout",
      seconds,
      `Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_TIMEOUT_MAX} seconds].`,
    );
  storage.change(message, { visibleAt });
}
