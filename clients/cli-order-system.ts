import { readFileSync } from "node:fs";
import { Archive } from "./archive.ts";
import type { AwsCli } from "./aws-cli.ts";

const CODE = new URL("../packages/flyball/src/demo/process-order.mjs", import.meta.url);

/** What of the order system a story goes on with. */
export interface OrderSystem {
  readonly orders: string;
  readonly deadLetters: string;
  readonly fulfilment: string;
  readonly alarmMails: string;
  readonly topicArn: string;
}

export const FUNCTION_NAME = "process-order";
const MAX_RECEIVE_COUNT = 3;
/** Room for a function on a busy machine; a refused message comes again after as long. */
const VISIBILITY_TIMEOUT_SECONDS = 2;

/** The demo's order system with its configuration error, the same function in it, built by the AWS CLI. */
export async function buildOrderSystem(aws: AwsCli): Promise<OrderSystem> {
  const queue = (name: string, attributes: Record<string, string> = {}) =>
    aws.text`sqs create-queue --queue-name ${name} --attributes ${attributes} --query QueueUrl --output text`;
  const arnOf = (url: string) =>
    aws.text`sqs get-queue-attributes --queue-url ${url} --attribute-names QueueArn --query Attributes.QueueArn --output text`;

  const [deadLetters, fulfilment, alarmMails] = await Promise.all([
    queue("orders-dlq"),
    queue("fulfilment"),
    queue("alarm-mails"),
  ]);
  const orders = await queue("orders", {
    VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: await arnOf(deadLetters),
      maxReceiveCount: MAX_RECEIVE_COUNT,
    }),
  });

  await using archive = await Archive.of({ "process-order.mjs": readFileSync(CODE) });
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  };
  const role =
    await aws.text`iam create-role --role-name ${FUNCTION_NAME}-role --assume-role-policy-document ${trust} --query Role.Arn --output text`;
  await aws.json`lambda create-function --function-name ${FUNCTION_NAME} --runtime nodejs22.x --handler process-order.handler
    --role ${role} --timeout ${VISIBILITY_TIMEOUT_SECONDS} --zip-file fileb://${archive.path}
    --environment ${{ Variables: { TARGET_QUEUE_URL: orders } }}`;
  await aws.text`lambda wait function-active-v2 --function-name ${FUNCTION_NAME}`;
  await aws.json`lambda create-event-source-mapping --function-name ${FUNCTION_NAME}
    --event-source-arn ${await arnOf(orders)} --batch-size 1`;

  const topicArn = await aws.text`sns create-topic --name on-call --query TopicArn --output text`;
  await aws.text`sns subscribe --topic-arn ${topicArn} --protocol sqs --notification-endpoint ${await arnOf(alarmMails)}`;
  return { orders, deadLetters, fulfilment, alarmMails, topicArn };
}
