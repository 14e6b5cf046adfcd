/**
 * What a hop between services takes when somebody waits at its end: from the call that begins it, over HTTP, to the
 * long poll that answers with the message. Through a topic to a queue, and compared with a send to that queue itself.
 */
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { type Benchmark, inWords, percentile } from "./figure.ts";
import { type Connection, httpRequest, open, sqsRequest } from "./load.ts";
import { makeDirectory, startFlyball } from "./processes.ts";
import { arnOf, clientConfig, System } from "./system.ts";

const ROUNDS = 400;
const WARM_UP_ROUNDS = 50;

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const server = await startFlyball({ dataDirectory: directory.path });
  const queueUrl = await new System(server.endpoint).createQueue("hop");
  const sns = new SNSClient(clientConfig(server.endpoint));
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "hop" }));
  const Attributes = { RawMessageDelivery: "true" };
  await sns.send(
    new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arnOf("hop"), Attributes }),
  );
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const input = `Action=Publish&Version=2010-03-31&TopicArn=${TopicArn}&Message=hello`;
  const publish = httpRequest("/", "sns", form, input);
  const send = sqsRequest("SendMessage", { QueueUrl: queueUrl, MessageBody: "hello" });
  const sender = await open(server.port);
  const receiver = await open(server.port);
  const took = { publish: [] as number[], send: [] as number[] };
  progress(`${ROUNDS} messages through a topic, and as many without`);
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    took.publish.push(await hop(sender, publish, receiver, queueUrl));
    took.send.push(await hop(sender, send, receiver, queueUrl));
  }
  sender.close();
  receiver.close();
  await server.stop();
  directory.remove();
  const [through, direct] = [took.publish, took.send].map((all) => all.slice(WARM_UP_ROUNDS));
  return [0.5, 0.99].map((share) => ({
    what: `topic to queue to long poll, p${share * 100}`,
    measured: percentile(through ?? [], share),
    unit: "ms",
    comparedWith: `queue to long poll: ${inWords(percentile(direct ?? [], share), "ms")}`,
  }));
};

/** Milliseconds from the call to the answer of who waited for the message. */
async function hop(
  sender: Connection,
  call: Buffer,
  receiver: Connection,
  queueUrl: string,
): Promise<number> {
  const waiting = { QueueUrl: queueUrl, WaitTimeSeconds: 20 };
  const received = receiver.exchange(sqsRequest("ReceiveMessage", waiting));
  const sentAt = performance.now();
  await sender.exchange(call);
  const { Messages = [] } = JSON.parse(String(await received));
  const tookMs = performance.now() - sentAt;
  const { ReceiptHandle } = Messages[0];
  await receiver.exchange(sqsRequest("DeleteMessage", { QueueUrl: queueUrl, ReceiptHandle }));
  return tookMs;
}
