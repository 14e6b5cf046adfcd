import assert from "node:assert/strict";
import type { ReceiveMessageResult, SendMessageBatchResult } from "@aws-sdk/client-sqs";
import { type AwsCli, cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, REGION } from "./flyball.ts";

const cliTest = cliTests();

function arnOf(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

function createQueue(aws: AwsCli, name: string, attributes: object = {}): Promise<string> {
  return aws.text`sqs create-queue --queue-name ${name} --attributes ${attributes} --query QueueUrl --output text`;
}

cliTest(
  "aws sqs: a queue is made, found, described, tagged, changed and deleted",
  async (aws, flyball) => {
    const url = await createQueue(aws, "life", { VisibilityTimeout: "45", DelaySeconds: "0" });
    assert.equal(url, `${flyball.endpoint}/${ACCOUNT}/life`);
    assert.equal(await createQueue(aws, "life", { VisibilityTimeout: "45" }), url);
    assert.equal(
      await aws.refused`sqs create-queue --queue-name life --attributes VisibilityTimeout=46`,
      "An error occurred (QueueAlreadyExists) when calling the CreateQueue operation: A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    );
    assert.deepEqual(await aws.json`sqs get-queue-url --queue-name life`, { QueueUrl: url });
    assert.deepEqual(await aws.json`sqs list-queues --queue-name-prefix li`, { QueueUrls: [url] });
    await aws.text`sqs set-queue-attributes --queue-url ${url} --attributes VisibilityTimeout=7,MessageRetentionPeriod=60`;
    const { Attributes } = await aws.json<{
      Attributes: Record<string, string>;
    }>`sqs get-queue-attributes --queue-url ${url} --attribute-names All`;
    assert.match(Attributes.CreatedTimestamp ?? "", /^\d{10}$/);
    assert.deepEqual(
      { ...Attributes, CreatedTimestamp: "", LastModifiedTimestamp: "" },
      {
        QueueArn: arnOf("life"),
        ApproximateNumberOfMessages: "0",
        ApproximateNumberOfMessagesNotVisible: "0",
        ApproximateNumberOfMessagesDelayed: "0",
        CreatedTimestamp: "",
        LastModifiedTimestamp: "",
        VisibilityTimeout: "7",
        MaximumMessageSize: "1048576",
        MessageRetentionPeriod: "60",
        DelaySeconds: "0",
        ReceiveMessageWaitTimeSeconds: "0",
        SqsManagedSseEnabled: "true",
      },
    );
    await aws.text`sqs tag-queue --queue-url ${url} --tags team=orders,stage=test`;
    await aws.text`sqs untag-queue --queue-url ${url} --tag-keys stage`;
    assert.deepEqual(await aws.json`sqs list-queue-tags --queue-url ${url}`, {
      Tags: { team: "orders" },
    });
    await aws.text`sqs add-permission --queue-url ${url} --label partner --aws-account-ids 111122223333 --actions SendMessage`;
    const policy = JSON.parse(
      await aws.text`sqs get-queue-attributes --queue-url ${url} --attribute-names Policy --query Attributes.Policy --output text`,
    );
    assert.deepEqual(policy.Statement[0], {
      Sid: "partner",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "SQS:SendMessage",
      Resource: arnOf("life"),
    });
    await aws.text`sqs remove-permission --queue-url ${url} --label partner`;
    await aws.text`sqs delete-queue --queue-url ${url}`;
    assert.equal(
      await aws.refused`sqs get-queue-url --queue-name life`,
      "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist.",
    );
  },
);

cliTest(
  "aws sqs: a message goes out with attributes, comes in, is kept back and deleted",
  async (aws) => {
    const url = await createQueue(aws, "messages", { VisibilityTimeout: "600" });
    const attributes = {
      kind: { DataType: "String", StringValue: "order" },
      weight: { DataType: "Number.kg", StringValue: "2.5" },
    };
    const sent = await aws.json<
      Record<string, string>
    >`sqs send-message --queue-url ${url} --message-body ${"héllo ✓"} --message-attributes ${attributes}`;
    const receive = async () => {
      const { Messages = [] } =
        (await aws.json<
          ReceiveMessageResult | undefined
        >`sqs receive-message --queue-url ${url} --message-attribute-names All --attribute-names All`) ??
        {};
      return Messages;
    };
    const [message, ...others] = await receive();
    assert.deepEqual(others, []);
    assert.equal(message?.Body, "héllo ✓");
    assert.equal(message?.MessageId, sent.MessageId);
    assert.equal(message?.MD5OfBody, sent.MD5OfMessageBody);
    assert.equal(message?.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.deepEqual(message?.MessageAttributes?.weight, {
      DataType: "Number.kg",
      StringValue: "2.5",
    });
    assert.equal(message?.Attributes?.SenderId, ACCOUNT);
    assert.equal(message?.Attributes?.ApproximateReceiveCount, "1");
    assert.deepEqual(await receive(), []);
    await aws.text`sqs change-message-visibility --queue-url ${url} --receipt-handle ${message?.ReceiptHandle ?? ""} --visibility-timeout 0`;
    const [again] = await receive();
    assert.equal(again?.Attributes?.ApproximateReceiveCount, "2");
    await aws.text`sqs delete-message --queue-url ${url} --receipt-handle ${again?.ReceiptHandle ?? ""}`;
    assert.equal(
      await aws.text`sqs get-queue-attributes --queue-url ${url} --attribute-names ApproximateNumberOfMessagesNotVisible --query Attributes.* --output text`,
      "0",
    );
    assert.equal(
      await aws.refused`sqs delete-message --queue-url ${url} --receipt-handle nonsense`,
      'An error occurred (ReceiptHandleIsInvalid) when calling the DeleteMessage operation: The input receipt handle "nonsense" is not a valid receipt handle.',
    );
    assert.equal(
      await aws.refused`sqs receive-message --queue-url ${url} --max-number-of-messages 11`,
      "An error occurred (InvalidParameterValue) when calling the ReceiveMessage operation: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
    );
  },
);

cliTest("aws sqs: of a batch each entry succeeds or fails on its own", async (aws) => {
  const url = await createQueue(aws, "batches");
  const entries = [
    { Id: "a", MessageBody: "first" },
    { Id: "b", MessageBody: "late", DelaySeconds: 901 },
  ];
  const { Successful = [], Failed = [] } =
    await aws.json<SendMessageBatchResult>`sqs send-message-batch --queue-url ${url} --entries ${entries}`;
  assert.deepEqual(
    Successful.map(({ Id }) => Id),
    ["a"],
  );
  assert.deepEqual(Failed, [
    {
      Id: "b",
      SenderFault: true,
      Code: "InvalidParameterValue",
      Message:
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    },
  ]);
  assert.equal(
    await aws.refused`sqs send-message-batch --queue-url ${url} --entries ${[entries[0], entries[0]] as object}`,
    "An error occurred (AWS.SimpleQueueService.BatchEntryIdsNotDistinct) when calling the SendMessageBatch operation: Id a repeated.",
  );
  const handle =
    await aws.text`sqs receive-message --queue-url ${url} --query Messages[0].ReceiptHandle --output text`;
  const visible = [{ Id: "v", ReceiptHandle: handle, VisibilityTimeout: 60 }];
  assert.deepEqual(
    await aws.json`sqs change-message-visibility-batch --queue-url ${url} --entries ${visible}`,
    { Successful: [{ Id: "v" }] },
  );
  const gone = [
    { Id: "d", ReceiptHandle: handle },
    { Id: "e", ReceiptHandle: "nonsense" },
  ];
  assert.deepEqual(
    await aws.json`sqs delete-message-batch --queue-url ${url} --entries ${gone} --query [Successful[].Id,Failed[].[Id,Code]]`,
    [["d"], [["e", "ReceiptHandleIsInvalid"]]],
  );
});

cliTest(
  "aws sqs: a FIFO queue keeps the order of a group and takes a message once",
  async (aws) => {
    const url = await createQueue(aws, "line.fifo", {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
    });
    const send = (body: string) =>
      aws.text`sqs send-message --queue-url ${url} --message-body ${body} --message-group-id g --query SequenceNumber --output text`;
    const numbers = [await send("one"), await send("two"), await send("one")];
    assert.match(numbers[0] ?? "", /^\d{20}$/);
    assert.equal(numbers[2], numbers[0]);
    assert.ok((numbers[0] ?? "") < (numbers[1] ?? ""));
    assert.deepEqual(
      await aws.json`sqs receive-message --queue-url ${url} --max-number-of-messages 10 --attribute-names All --query Messages[].[Body,Attributes.MessageGroupId]`,
      [
        ["one", "g"],
        ["two", "g"],
      ],
    );
    assert.equal(
      await aws.refused`sqs send-message --queue-url ${url} --message-body x`,
      "An error occurred (MissingParameter) when calling the SendMessage operation: The request must contain the parameter MessageGroupId.",
    );
    assert.equal(
      await aws.refused`sqs create-queue --queue-name line --attributes FifoQueue=true`,
      "An error occurred (InvalidParameterValue) when calling the CreateQueue operation: The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
    );
  },
);

cliTest("aws sqs: dead letters are found, and moved back where they came from", async (aws) => {
  const dead = await createQueue(aws, "dead");
  const redrive = JSON.stringify({ deadLetterTargetArn: arnOf("dead"), maxReceiveCount: 1 });
  const url = await createQueue(aws, "living", { VisibilityTimeout: "0", RedrivePolicy: redrive });
  assert.deepEqual(await aws.json`sqs list-dead-letter-source-queues --queue-url ${dead}`, {
    queueUrls: [url],
  });
  await aws.text`sqs send-message --queue-url ${url} --message-body poison`;
  await aws.text`sqs receive-message --queue-url ${url}`;
  assert.equal(await aws.text`sqs receive-message --queue-url ${url}`, "");
  const waiting = (queue: string) =>
    aws.text`sqs get-queue-attributes --queue-url ${queue} --attribute-names ApproximateNumberOfMessages --query Attributes.* --output text`;
  assert.equal(await waiting(dead), "1");
  const task =
    await aws.text`sqs start-message-move-task --source-arn ${arnOf("dead")} --query TaskHandle --output text`;
  const results = await eventually(
    () =>
      aws.json<
        [string, number][]
      >`sqs list-message-move-tasks --source-arn ${arnOf("dead")} --query Results[].[Status,ApproximateNumberOfMessagesMoved]`,
    ([latest]) => latest?.[0] === "COMPLETED",
  );
  assert.deepEqual(results, [["COMPLETED", 1]]);
  assert.equal(await waiting(url), "1");
  assert.match(
    await aws.refused`sqs cancel-message-move-task --task-handle ${task}`,
    /^An error occurred \(\S+\) when calling the CancelMessageMoveTask operation: ./,
  );
  await aws.text`sqs purge-queue --queue-url ${url}`;
  assert.equal(await waiting(url), "0");
  assert.equal(
    await aws.refused`sqs purge-queue --queue-url ${url}`,
    "An error occurred (AWS.SimpleQueueService.PurgeQueueInProgress) when calling the PurgeQueue operation: Only one PurgeQueue operation on living is allowed every 60 seconds.",
  );
});

boto3Tests("boto3_sqs.py");
