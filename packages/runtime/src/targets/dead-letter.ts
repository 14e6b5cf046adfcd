import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { parseArn } from "../arn.ts";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import { queueUrl } from "../queue-url.ts";

/**
 * Puts what could not be delivered into a dead-letter queue, with what there is to say of it as message attributes. The
 * chain of requests ends with it, so that a loop that was stopped is not stopped from being buried. Rejects as SQS does.
 */
export async function sendDeadLetter(
  cloud: Cloud,
  caller: Caller,
  queueArn: string,
  { body, attributes }: { body: string; attributes: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const queue = parseArn(queueArn);
  if (!queue) return;
  const { account, region, resource: name } = queue;
  const { traceHeader: _ended, ...unchained } = caller;
  await cloud.call({ ...unchained, account, region }, "sqs", "SendMessage", {
    QueueUrl: queueUrl(cloud, { account, name }),
    MessageBody: body,
    MessageAttributes: textAttributes(attributes),
  });
}

/** SQS takes no attribute without a value. */
function textAttributes(
  texts: Readonly<Record<string, string | undefined>>,
): Record<string, MessageAttributeValue> {
  const attributes: Record<string, MessageAttributeValue> = {};
  for (const [name, text] of Object.entries(texts))
    if (text) attributes[name] = { DataType: "String", StringValue: text };
  return attributes;
}
