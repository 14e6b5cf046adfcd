// The demo's function: it takes each order out of its queue and hands it to the queue that it was told.
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

export async function handler(event) {
  for (const { body } of event.Records) {
    const lineage = /Lineage=[^;]+/.exec(process.env._X_AMZN_TRACE_ID ?? "")?.[0];
    console.log(`processing ${JSON.parse(body).order} ${lineage}`);
    await sqs.send(
      new SendMessageCommand({ QueueUrl: process.env.TARGET_QUEUE_URL, MessageBody: body }),
    );
  }
}
