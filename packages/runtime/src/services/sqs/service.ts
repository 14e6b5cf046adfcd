import { defineService } from "../../service.ts";
import { getQueueAttributes, setQueueAttributes } from "./attribute-operations.ts";
import {
  createQueue,
  deleteQueue,
  getQueueUrl,
  listQueues,
  purgeQueue,
} from "./queue-operations.ts";
import { receiveMessage } from "./receive.ts";
import { listDeadLetterSourceQueues } from "./redrive.ts";
import { arnOfDestination, sendMessage, sendMessageBatch } from "./send.ts";
import { SWEEP, sweep } from "./sweep.ts";
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
} from "./visibility.ts";

/** Simple Queue Service. */
export const sqs = defineService({
  name: "sqs",
  operations: {
    ChangeMessageVisibility: changeMessageVisibility,
    ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
    CreateQueue: createQueue,
    DeleteMessage: deleteMessage,
    DeleteMessageBatch: deleteMessageBatch,
    DeleteQueue: deleteQueue,
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
    ListQueues: listQueues,
    PurgeQueue: purgeQueue,
    ReceiveMessage: receiveMessage,
    SendMessage: sendMessage,
    SendMessageBatch: sendMessageBatch,
    SetQueueAttributes: setQueueAttributes,
  },
  carries: { SendMessage: arnOfDestination, SendMessageBatch: arnOfDestination },
  owed: { [SWEEP]: sweep },
});
