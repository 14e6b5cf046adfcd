import { randomUUID } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";
import { ServiceError } from "../../../../errors.ts";
import { defineService } from "../../../../service.ts";

/** A message in the fake queue. */
export interface Stored {
  readonly message: Message;
  readonly group: string | undefined;
  visibleAt: number;
  receives: number;
  receiptHandle: string;
  readonly attributes: Record<string, string>;
}

/** A queue as far as a poller can tell: visibility, receive counts, message groups, long polls that are woken. */
export class FakeQueue {
  readonly messages: Stored[] = [];
  readonly deadLetters: Stored[] = [];
  visibilityTimeoutSeconds = 30;
  maxReceiveCount = Number.POSITIVE_INFINITY;
  exists = true;
  receives = 0;

  take(now: number, most: number): Stored[] {
    const busy = new Set<string>();
    const taken: Stored[] = [];
    for (const stored of [...this.messages]) {
      if (stored.group !== undefined && busy.has(stored.group)) continue;
      if (stored.visibleAt > now) {
        if (stored.group !== undefined) busy.add(stored.group);
        continue;
      }
      if (taken.length === most) break;
      if (stored.receives >= this.maxReceiveCount) {
        this.messages.splice(this.messages.indexOf(stored), 1);
        this.deadLetters.push(stored);
        continue;
      }
      stored.visibleAt = now + this.visibilityTimeoutSeconds * 1000;
      stored.receives += 1;
      stored.receiptHandle = randomUUID();
      taken.push(stored);
    }
    return taken;
  }
}

/** An SQS with one queue. */
export function fakeSqs(queue: FakeQueue, channel: string) {
  const assertQueue = () => {
    if (!queue.exists)
      throw new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
  };
  return defineService({
    name: "sqs",
    operations: {
      GetQueueAttributes: () => {
        assertQueue();
        return { Attributes: { VisibilityTimeout: String(queue.visibilityTimeoutSeconds) } };
      },
      ReceiveMessage: async ({ cloud, signal }, input) => {
        queue.receives += 1;
        const until = cloud.clock.now() + (input.WaitTimeSeconds ?? 0) * 1000;
        for (;;) {
          assertQueue();
          const listener = cloud.wakes.listen(channel);
          const taken = queue.take(cloud.clock.now(), input.MaxNumberOfMessages ?? 1);
          if (taken.length > 0 || cloud.clock.now() >= until) {
            listener.close();
            return { Messages: taken.map(toMessage) };
          }
          const next = Math.min(until, ...queue.messages.map(({ visibleAt }) => visibleAt));
          await listener.woken(Math.max(next, cloud.clock.now() + 1), signal);
        }
      },
      DeleteMessageBatch: ({ cloud }, { Entries = [] }) => {
        assertQueue();
        for (const { ReceiptHandle } of Entries) {
          const at = queue.messages.findIndex(
            ({ receiptHandle }) => receiptHandle === ReceiptHandle,
          );
          if (at >= 0) queue.messages.splice(at, 1);
        }
        cloud.wakes.wake(channel);
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
      ChangeMessageVisibilityBatch: ({ cloud }, { Entries = [] }) => {
        for (const { ReceiptHandle, VisibilityTimeout = 0 } of Entries) {
          const stored = queue.messages.find(
            ({ receiptHandle }) => receiptHandle === ReceiptHandle,
          );
          if (stored) stored.visibleAt = cloud.clock.now() + VisibilityTimeout * 1000;
        }
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
    },
  });
}

function toMessage({ message, receiptHandle, receives, attributes }: Stored): Message {
  return {
    ...message,
    ReceiptHandle: receiptHandle,
    Attributes: { ApproximateReceiveCount: String(receives), ...attributes },
  };
}
