// Sends each order that it is invoked with on to its target: a queue, a topic or a function, as its environment says.
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const { TARGET, TARGET_KIND } = process.env;
const sqs = new SQSClient({});
const sns = new SNSClient({});
const lambda = new LambdaClient({ maxAttempts: 1 });

const send = {
  queue: (order) => sqs.send(new SendMessageCommand({ QueueUrl: TARGET, MessageBody: order })),
  topic: (order) => sns.send(new PublishCommand({ TopicArn: TARGET, Message: order })),
  "function, not waited for": (order) => invoke(order, "Event"),
  "function, waited for": async (order) => {
    try {
      const { Payload } = await invoke(order, "RequestResponse");
      return JSON.parse(Payload.transformToString());
    } catch (error) {
      const { name, message, $metadata } = error;
      return { name, message, status: $metadata?.httpStatusCode };
    }
  },
};

function invoke(order, InvocationType) {
  return lambda.send(
    new InvokeCommand({ FunctionName: TARGET, InvocationType, Payload: JSON.stringify({ order }) }),
  );
}

export async function handler(event) {
  let answer;
  for (const record of event.Records ?? [event]) {
    const order = record.body ?? record.Sns?.Message ?? record.order;
    console.log(`ran ${order} ${process.env._X_AMZN_TRACE_ID}`);
    answer = await send[TARGET_KIND](order);
  }
  return answer;
}
