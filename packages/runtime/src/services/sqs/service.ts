import { defineService } from "../../service.ts";
import { getQueueAttributes, setQueueAttributes } from "./attribute-operations.ts";
import { startGauges } from "./gauges.ts";
import {
  cancelMessageMoveTask,
  listMessageMoveTasks,
  MOVE,
  moveMessages,
  startMessageMoveTask,
} from "./move-task.ts";
import { addPermission, removePermission } from "./permission.ts";
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
import { listQueueTags, tagQueue, untagQueue } from "./tag-operations.ts";
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
    AddPermission: addPermission,
    CancelMessageMoveTask: cancelMessageMoveTask,
    ChangeMessageVisibility: changeMessageVisibility,
    ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
    CreateQueue: createQueue,
    DeleteMessage: deleteMessage,
    DeleteMessageBatch: deleteMessageBatch,
    DeleteQueue: deleteQueue,
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
    ListMessageMoveTasks: listMessageMoveTasks,
    ListQueueTags: listQueueTags,
    ListQueues: listQueues,
    PurgeQueue: purgeQueue,
    ReceiveMessage: receiveMessage,
    RemovePermission: removePermission,
    SendMessage: sendMessage,
    SendMessageBatch: sendMessageBatch,
    SetQueueAttributes: setQueueAttributes,
    StartMessageMoveTask: startMessageMoveTask,
    TagQueue: tagQueue,
    UntagQueue: untagQueue,
  },
  carries: { SendMessage: arnOfDestination, SendMessageBatch: arnOfDestination },
  owed: { [SWEEP]: sweep, [MOVE]: moveMessages },
  start: startGauges,
});
