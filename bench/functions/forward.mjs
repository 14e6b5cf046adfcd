// Hands each message on to the queue that it is told, which may be the one that it came from.
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

export async function handler({ Records }) {
  for (const { body } of Records)
    await sqs.send(
      new SendMessageCommand({ QueueUrl: process.env.TARGET_QUEUE_URL, MessageBody: body }),
    );
}
