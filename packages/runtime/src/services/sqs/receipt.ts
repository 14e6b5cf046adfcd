import { ServiceError } from "../../errors.ts";
import { missingParameter } from "./errors.ts";
import type { Message } from "./message.ts";
import type { Queue } from "./queue.ts";

/** Which message a receipt handle is for, and from which of its receives. */
export interface Receipt {
  readonly queueId: number;
  readonly sentAt: number;
  readonly sequence: number;
  readonly receives: number;
}

/** Receipt handles begin as AWS's do ("AQEB…"). */
const MARK = "\x01\x01\x01";
const CONTENT = /^(\d+) (\d+) (\d+) (\d+)$/;

export function receiptHandle(queue: Queue, { sentAt, sequence, receives }: Message): string {
  return Buffer.from(`${MARK}${queue.id} ${sentAt} ${sequence} ${receives}`).toString("base64");
}

/**
 * Reads a receipt handle. Throws `MissingParameter`, or `ReceiptHandleIsInvalid` for a handle that SQS never gave,
 * or gave for another queue (words: elasticmq issue 324, aws-sdk-java-v2 issue 3101).
 */
export function parseReceiptHandle(queue: Queue, handle: string | undefined): Receipt {
  if (!handle) throw missingParameter("ReceiptHandle");
  const text = Buffer.from(handle, "base64").toString("latin1");
  const [, queueId, sentAt, sequence, receives] =
    (text.startsWith(MARK) && CONTENT.exec(text.slice(MARK.length))) || [];
  if (queueId === undefined)
    throw new ServiceError(
      "ReceiptHandleIsInvalid",
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  if (Number(queueId) !== queue.id)
    throw new ServiceError(
      "ReceiptHandleIsInvalid",
      `The receipt handle "${handle}" is not valid for this queue.`,
    );
  return {
    queueId: Number(queueId),
    sentAt: Number(sentAt),
    sequence: Number(sequence),
    receives: Number(receives),
  };
}
