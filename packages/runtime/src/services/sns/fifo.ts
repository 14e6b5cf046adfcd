import { createHash } from "node:crypto";
import type { Key, WriteTransaction } from "../../store/store.ts";
import type { TopicArn } from "./arn.ts";
import type { Message } from "./message.ts";
import type { Topic } from "./topic.ts";

/** What a FIFO topic remembers of a message, to know a duplicate. */
interface Accepted {
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly until: number;
}

/** Source: API reference, Publish: "the 5 minute minimum deduplication interval". */
const DEDUPLICATION_MS = 5 * 60 * 1000;
/** What each publish forgets of what has expired: more than one, so that the rest shrinks. */
const FORGET_PER_PUBLISH = 4;
/** AWS's sequence numbers have 20 digits and grow. */
const SEQUENCE_BASE = 10n ** 19n;

export interface Admission {
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly deduplicationId: string;
  readonly duplicate: boolean;
}

/** Gives the message its place in a FIFO topic; a duplicate gets the answer that the first one got. */
export function admit(
  tx: WriteTransaction,
  arn: TopicArn,
  topic: Topic,
  { deduplicationId: given, groupId = "", textFor }: Message,
  { messageId, now }: { messageId: string; now: number },
): Admission {
  const deduplicationId = given ?? sha256(textFor("default"));
  const scope = topic.attributes.FifoThroughputScope === "MessageGroup" ? groupId : "";
  forgetExpired(tx, arn, now);
  const key = [...world(arn), "duplicate", arn.name, scope, deduplicationId];
  const first = tx.get<Accepted>(key);
  if (first && first.until > now)
    return {
      messageId: first.messageId,
      sequenceNumber: first.sequenceNumber,
      deduplicationId,
      duplicate: true,
    };
  const sequenceNumber = nextSequenceNumber(tx, arn);
  const until = now + DEDUPLICATION_MS;
  tx.put<Accepted>(key, { messageId, sequenceNumber, until });
  tx.put([...world(arn), "duplicate-expiry", arn.name, until, scope, deduplicationId], true);
  return { messageId, sequenceNumber, deduplicationId, duplicate: false };
}

function nextSequenceNumber(tx: WriteTransaction, arn: TopicArn): string {
  const key = [...world(arn), "sequence", arn.name];
  const next = (tx.get<number>(key) ?? 0) + 1;
  tx.put(key, next);
  return String(SEQUENCE_BASE + BigInt(next));
}

function forgetExpired(tx: WriteTransaction, arn: TopicArn, now: number): void {
  const prefix = [...world(arn), "duplicate-expiry", arn.name];
  const expired = [...tx.range({ prefix, to: [now], limit: FORGET_PER_PUBLISH })];
  for (const { key } of expired) {
    const [scope = "", deduplicationId = ""] = key.slice(prefix.length + 1);
    const duplicate = [...world(arn), "duplicate", arn.name, scope, deduplicationId];
    if ((tx.get<Accepted>(duplicate)?.until ?? now) <= now) tx.delete(duplicate);
    tx.delete(key);
  }
}

function world({ account, region }: TopicArn): Key {
  return ["sns", account, region];
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
