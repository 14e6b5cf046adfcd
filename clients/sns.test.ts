import assert from "node:assert/strict";
import { cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { ACCOUNT, REGION } from "./flyball.ts";

const cliTest = cliTests();

cliTest("aws sns: a topic is made, changed, tagged, found and deleted", async (aws) => {
  const arn = `arn:aws:sns:${REGION}:${ACCOUNT}:news`;
  assert.deepEqual(await aws.json`sns create-topic --name news --attributes DisplayName=News`, {
    TopicArn: arn,
  });
  assert.deepEqual(await aws.json`sns create-topic --name news`, { TopicArn: arn });
  await aws.text`sns set-topic-attributes --topic-arn ${arn} --attribute-name SignatureVersion --attribute-value 2`;
  const { Attributes } = await aws.json<{
    Attributes: Record<string, string>;
  }>`sns get-topic-attributes --topic-arn ${arn}`;
  assert.equal(Attributes.DisplayName, "News");
  assert.equal(Attributes.SignatureVersion, "2");
  assert.equal(Attributes.Owner, ACCOUNT);
  assert.equal(Attributes.SubscriptionsConfirmed, "0");
  assert.equal(JSON.parse(Attributes.Policy ?? "").Id, "__default_policy_ID");
  await aws.text`sns tag-resource --resource-arn ${arn} --tags Key=team,Value=press Key=stage,Value=test`;
  await aws.text`sns untag-resource --resource-arn ${arn} --tag-keys stage`;
  assert.deepEqual(await aws.json`sns list-tags-for-resource --resource-arn ${arn}`, {
    Tags: [{ Key: "team", Value: "press" }],
  });
  await aws.text`sns add-permission --topic-arn ${arn} --label partner --aws-account-id 111122223333 --action-name Publish`;
  await aws.text`sns remove-permission --topic-arn ${arn} --label partner`;
  assert.deepEqual(await aws.json`sns list-topics --query Topics[].TopicArn`, [arn]);
  await aws.text`sns delete-topic --topic-arn ${arn}`;
  assert.equal(
    await aws.refused`sns get-topic-attributes --topic-arn ${arn}`,
    "An error occurred (NotFound) when calling the GetTopicAttributes operation: Topic does not exist",
  );
  assert.equal(
    await aws.refused`sns create-topic --name ${"no spaces"}`,
    "An error occurred (InvalidParameter) when calling the CreateTopic operation: Invalid parameter: Topic Name",
  );
  assert.equal(
    await aws.refused`sns publish --topic-arn ${arn} --message hello`,
    "An error occurred (NotFound) when calling the Publish operation: Topic does not exist",
  );
});

cliTest(
  "aws sns: what is published reaches a queue, as a document or raw, if it passes the filter",
  async (aws) => {
    const topic = await aws.text`sns create-topic --name orders --query TopicArn --output text`;
    const queue = (name: string) =>
      aws.text`sqs create-queue --queue-name ${name} --query QueueUrl --output text`;
    const subscribe = (name: string, attributes: object) =>
      aws.text`sns subscribe --topic-arn ${topic} --protocol sqs --notification-endpoint arn:aws:sqs:${REGION}:${ACCOUNT}:${name}
      --attributes ${attributes} --return-subscription-arn --query SubscriptionArn --output text`;
    const [all, large] = [await queue("all"), await queue("large")];
    const subscription = await subscribe("all", {});
    await subscribe("large", {
      RawMessageDelivery: "true",
      FilterPolicy: JSON.stringify({ size: [{ numeric: [">", 10] }] }),
    });
    const size = (value: number) => ({ size: { DataType: "Number", StringValue: String(value) } });
    const published =
      await aws.text`sns publish --topic-arn ${topic} --message small --subject News --message-attributes ${size(3)} --query MessageId --output text`;
    await aws.text`sns publish --topic-arn ${topic} --message big --message-attributes ${size(30)}`;
    const [document] = await aws.json<
      string[]
    >`sqs receive-message --queue-url ${all} --wait-time-seconds 20 --query Messages[].Body`;
    const { Type, MessageId, TopicArn, Subject, Message, MessageAttributes } = JSON.parse(
      document ?? "",
    );
    assert.deepEqual(
      { Type, MessageId, TopicArn, Subject, Message, MessageAttributes },
      {
        Type: "Notification",
        MessageId: published,
        TopicArn: topic,
        Subject: "News",
        Message: "small",
        MessageAttributes: { size: { Type: "Number", Value: "3" } },
      },
    );
    assert.deepEqual(
      await aws.json`sqs receive-message --queue-url ${large} --wait-time-seconds 20 --message-attribute-names All --query Messages[].[Body,MessageAttributes]`,
      [["big", size(30)]],
    );
    assert.equal(await aws.text`sqs receive-message --queue-url ${large}`, "");

    await aws.text`sns set-subscription-attributes --subscription-arn ${subscription} --attribute-name RawMessageDelivery --attribute-value true`;
    assert.deepEqual(
      await aws.json`sns get-subscription-attributes --subscription-arn ${subscription} --query Attributes.[Protocol,RawMessageDelivery,PendingConfirmation,TopicArn]`,
      ["sqs", "true", "false", topic],
    );
    assert.equal(
      await aws.text`sns list-subscriptions-by-topic --topic-arn ${topic} --query length(Subscriptions)`,
      "2",
    );
    await aws.text`sns unsubscribe --subscription-arn ${subscription}`;
    assert.equal(await aws.text`sns list-subscriptions --query length(Subscriptions)`, "1");
  },
);

cliTest("aws sns: a FIFO topic and a batch", async (aws) => {
  const topic =
    await aws.text`sns create-topic --name line.fifo --attributes FifoTopic=true,ContentBasedDeduplication=true --query TopicArn --output text`;
  const queue =
    await aws.text`sqs create-queue --queue-name line.fifo --attributes FifoQueue=true --query QueueUrl --output text`;
  await aws.text`sns subscribe --topic-arn ${topic} --protocol sqs --notification-endpoint arn:aws:sqs:${REGION}:${ACCOUNT}:line.fifo --attributes RawMessageDelivery=true`;
  const entries = ["one", "two", "three"].map((Message, index) => ({
    Id: String(index),
    Message,
    MessageGroupId: "g",
  }));
  assert.deepEqual(
    await aws.json`sns publish-batch --topic-arn ${topic} --publish-batch-request-entries ${entries} --query [Successful[].Id,length(Failed)]`,
    [["0", "1", "2"], 0],
  );
  const bodies: string[] = [];
  while (bodies.length < 3)
    bodies.push(
      ...(await aws.json<
        string[]
      >`sqs receive-message --queue-url ${queue} --wait-time-seconds 20 --max-number-of-messages 10 --query Messages[].Body`),
    );
  assert.deepEqual(bodies, ["one", "two", "three"]);
  assert.equal(
    await aws.refused`sns publish --topic-arn ${topic} --message alone`,
    "An error occurred (InvalidParameter) when calling the Publish operation: Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
  );
  assert.equal(
    await aws.refused`sns publish-batch --topic-arn ${topic} --publish-batch-request-entries ${[entries[0], entries[0]] as object}`,
    "An error occurred (BatchEntryIdsNotDistinct) when calling the PublishBatch operation: Two or more batch entries in the request have the same Id.",
  );
});

boto3Tests("boto3_sns.py");
