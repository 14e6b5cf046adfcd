import assert from "node:assert/strict";
import { cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { ACCOUNT, REGION } from "./flyball.ts";

const cliTest = cliTests();

cliTest(
  "aws logs: groups and streams are made, kept for a while, tagged, found and deleted",
  async (aws) => {
    await aws.text`logs create-log-group --log-group-name /app/life --tags team=orders`;
    await aws.text`logs put-retention-policy --log-group-name /app/life --retention-in-days 14`;
    await aws.text`logs create-log-stream --log-group-name /app/life --log-stream-name one`;
    const arn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/app/life`;
    assert.deepEqual(
      await aws.json`logs describe-log-groups --log-group-name-prefix /app/ --query logGroups[].[logGroupName,retentionInDays,arn,logGroupArn,metricFilterCount]`,
      [["/app/life", 14, `${arn}:*`, arn, 0]],
    );
    assert.deepEqual(
      await aws.json`logs describe-log-streams --log-group-name /app/life --query logStreams[].[logStreamName,arn]`,
      [["one", `${arn}:log-stream:one`]],
    );
    assert.deepEqual(await aws.json`logs list-tags-for-resource --resource-arn ${arn}`, {
      tags: { team: "orders" },
    });
    await aws.text`logs delete-retention-policy --log-group-name /app/life`;
    assert.equal(
      await aws.refused`logs create-log-group --log-group-name /app/life`,
      "An error occurred (ResourceAlreadyExistsException) when calling the CreateLogGroup operation: The specified log group already exists",
    );
    assert.match(
      await aws.refused`logs put-retention-policy --log-group-name /app/life --retention-in-days 2`,
      /^An error occurred \(InvalidParameterException\) when calling the PutRetentionPolicy operation: ./,
    );
    await aws.text`logs delete-log-stream --log-group-name /app/life --log-stream-name one`;
    await aws.text`logs delete-log-group --log-group-name /app/life`;
    assert.equal(
      await aws.refused`logs describe-log-streams --log-group-name /app/life`,
      "An error occurred (ResourceNotFoundException) when calling the DescribeLogStreams operation: The specified log group does not exist.",
    );
  },
);

cliTest("aws logs: events are put, read and filtered", async (aws) => {
  await aws.text`logs create-log-group --log-group-name /app/events`;
  await aws.text`logs create-log-stream --log-group-name /app/events --log-stream-name s`;
  const now = Date.now();
  const events = [
    { timestamp: now - 3000, message: "INFO order A-1 taken" },
    { timestamp: now - 2000, message: "ERROR order A-1 refused: no stock" },
    { timestamp: now - 1000, message: JSON.stringify({ level: "warn", order: 7 }) },
  ];
  assert.equal(
    await aws.text`logs put-log-events --log-group-name /app/events --log-stream-name s --log-events ${events} --query length(nextSequenceToken)`,
    "56",
  );
  assert.deepEqual(
    await aws.json`logs get-log-events --log-group-name /app/events --log-stream-name s --start-from-head --query events[].[timestamp,message]`,
    events.map(({ timestamp, message }) => [timestamp, message]),
  );
  const filtered = (pattern: string) =>
    aws.json`logs filter-log-events --log-group-name /app/events --filter-pattern ${pattern} --query events[].timestamp`;
  assert.deepEqual(await filtered('ERROR -"in stock"'), [now - 2000]);
  assert.deepEqual(await filtered('{ $.level = "warn" && $.order > 6 }'), [now - 1000]);
  assert.deepEqual(await filtered("?taken ?refused"), [now - 3000, now - 2000]);
  assert.match(
    await aws.refused`logs filter-log-events --log-group-name /app/events --filter-pattern ${"{ $.level = "}`,
    /^An error occurred \(InvalidParameterException\) when calling the FilterLogEvents operation: ./,
  );
  assert.equal(
    await aws.refused`logs put-log-events --log-group-name /app/events --log-stream-name none --log-events ${events}`,
    "An error occurred (ResourceNotFoundException) when calling the PutLogEvents operation: The specified log stream does not exist.",
  );
});

cliTest("aws logs tail: what was logged of late", async (aws, _, context) => {
  if (aws.major < 2)
    return context.skip(
      "`aws logs tail` came with version 2 of the AWS CLI, which PyPI does not have",
    );
  await aws.text`logs create-log-group --log-group-name /app/tail`;
  await aws.text`logs create-log-stream --log-group-name /app/tail --log-stream-name s`;
  const events = ["order A-1 taken", "all well", "order A-1 refused"].map((message, index) => ({
    timestamp: Date.now() - 3000 + index,
    message,
  }));
  await aws.json`logs put-log-events --log-group-name /app/tail --log-stream-name s --log-events ${events}`;
  const lines =
    await aws.text`logs tail /app/tail --since 1h --format short --filter-pattern order`;
  assert.match(lines, /^\S+ order A-1 taken\n\S+ order A-1 refused$/);
});

cliTest("aws logs: a filter makes a metric of what it finds", async (aws) => {
  await aws.text`logs create-log-group --log-group-name /app/metrics`;
  await aws.text`logs create-log-stream --log-group-name /app/metrics --log-stream-name s`;
  const transformation = [
    { metricName: "Refusals", metricNamespace: "Shop", metricValue: "1", defaultValue: 0 },
  ];
  await aws.text`logs put-metric-filter --log-group-name /app/metrics --filter-name refusals --filter-pattern refused --metric-transformations ${transformation}`;
  assert.deepEqual(
    await aws.json`logs test-metric-filter --filter-pattern refused --log-event-messages ${["all well", "refused twice"]} --query matches[].eventNumber`,
    [2],
  );
  const events = ["refused", "taken", "refused"].map((message) => ({
    timestamp: Date.now(),
    message,
  }));
  await aws.json`logs put-log-events --log-group-name /app/metrics --log-stream-name s --log-events ${events}`;
  const from = new Date(Date.now() - 600_000).toISOString();
  const to = new Date(Date.now() + 60_000).toISOString();
  assert.equal(
    await aws.json`cloudwatch get-metric-statistics --namespace Shop --metric-name Refusals --start-time ${from} --end-time ${to} --period 60 --statistics Sum --query sum(Datapoints[].Sum)`,
    2,
  );
  assert.deepEqual(
    await aws.json`logs describe-metric-filters --log-group-name /app/metrics --query metricFilters[].[filterName,metricTransformations]`,
    [["refusals", transformation]],
  );
});

boto3Tests("boto3_logs.py");
