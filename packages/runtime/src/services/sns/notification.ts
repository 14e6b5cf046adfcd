import type { MessageAttributes } from "./message.ts";

/** One message on its way to one endpoint. */
export interface Notification {
  readonly type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly messageId: string;
  readonly subject?: string;
  /** What this protocol gets to read. */
  readonly text: string;
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly attributes: MessageAttributes;
  /** Of a confirmation. */
  readonly token?: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** Of a FIFO topic's message. */
  readonly sequenceNumber?: string;
}
