import assert from "node:assert/strict";
import type { ReceiveMessageResult } from "@aws-sdk/client-sqs";
import { AwsCli, cliTest } from "./aws-cli.ts";
import { buildOrderSystem, FUNCTION_NAME } from "./cli-order-system.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, Flyball, REGION } from "./flyball.ts";

/*
 * The commands of the AWS blog's post "AWS Lambda introduces recursive loop detection APIs", as they stand there, with
 * the variables that it tells its readers to set. The endpoint comes from the environment.
 */
const GET_RECURSION_CONFIG = `aws lambda get-function-recursion-config \\
--region $AWS_REGION \\
--function-name $FUNCTION_NAME`;
const PUT_RECURSION_CONFIG = `aws lambda put-function-recursion-config \\
--region $AWS_REGION \\
--function-name $FUNCTION_NAME \\
--recursive-loop Allow|Terminate`;
const PUT_METRIC_ALARM =
  "aws cloudwatch put-metric-alarm --alarm-name lambda-recursive-alarm --metric-name RecursiveInvocationsDropped --namespace AWS/Lambda --statistic Sum --period 60 --threshold 0 --comparison-operator GreaterThanOrEqualToThreshold --evaluation-periods 1 --alarm-actions $arn-of-sns-notification-topic";

const RUNS = 16;
const RECEIVES = 3;
const ALLOWED_RUNS = 40;

/** One of the two words that the blog's command offers. */
function putRecursionConfig(recursiveLoop: "Allow" | "Terminate"): string {
  return PUT_RECURSION_CONFIG.replace("Allow|Terminate", recursiveLoop);
}

cliTest("the AWS CLI: a loop is stopped, seen, allowed and put right", async () => {
  await using flyball = await Flyball.start();
  const aws = await AwsCli.of(flyball);
  const variables = { AWS_REGION: REGION, FUNCTION_NAME };
  const blog = async (command: string) => {
    const { code, stdout, stderr } = await aws.shell(command, variables);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    return stdout === "" ? undefined : JSON.parse(stdout);
  };
  const receive = async (queueUrl: string) => {
    const { Messages = [] } =
      await aws.json<ReceiveMessageResult>`sqs receive-message --queue-url ${queueUrl} --wait-time-seconds 20 --attribute-names All`;
    return Messages[0];
  };
  const send = (queueUrl: string, order: string) =>
    aws.json`sqs send-message --queue-url ${queueUrl} --message-body ${{ order }}`;
  const runsOf = async (order: string) =>
    Number(
      await aws.text`logs filter-log-events --log-group-name /aws/lambda/${FUNCTION_NAME} --filter-pattern ${`"processing ${order}"`} --query length(events) --output json`,
    );
  const sumOf = async (metric: string) => {
    const from = new Date(Date.now() - 600_000).toISOString();
    const to = new Date(Date.now() + 60_000).toISOString();
    return Number(
      await aws.text`cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name ${metric} --dimensions Name=FunctionName,Value=${FUNCTION_NAME} --start-time ${from} --end-time ${to} --period 60 --statistics Sum --query sum(Datapoints[].Sum)`,
    );
  };

  const system = await buildOrderSystem(aws);
  assert.deepEqual(await blog(GET_RECURSION_CONFIG), { RecursiveLoop: "Terminate" });
  assert.equal(
    await blog(PUT_METRIC_ALARM.replace("$arn-of-sns-notification-topic", system.topicArn)),
    undefined,
  );
  assert.deepEqual(
    await aws.json`cloudwatch describe-alarms --alarm-names lambda-recursive-alarm
      --query MetricAlarms[].[StateValue,Threshold,ComparisonOperator,Period,Statistic,Dimensions,AlarmActions]`,
    [["INSUFFICIENT_DATA", 0, "GreaterThanOrEqualToThreshold", 60, "Sum", [], [system.topicArn]]],
  );

  // One order: sixteen invocations, then refused at each receive until its queue gives it up.
  await send(system.orders, "A-1");
  const letter = await receive(system.deadLetters);
  assert.deepEqual(JSON.parse(letter?.Body ?? ""), { order: "A-1" });
  assert.match(letter?.Attributes?.AWSTraceHeader ?? "", /Lineage=16:[0-9a-f]{8}:15/);
  assert.equal(await runsOf("A-1"), RUNS);
  assert.equal(await sumOf("Invocations"), RUNS);
  assert.equal(await sumOf("RecursiveInvocationsDropped"), RECEIVES);
  assert.equal(
    await aws.text`lambda list-event-source-mappings --function-name ${FUNCTION_NAME} --query EventSourceMappings[0].LastProcessingResult --output text`,
    "PROBLEM: RecursiveInvocationException",
  );

  // The blog's alarm has no dimension: it watches all functions together.
  const mail = JSON.parse((await receive(system.alarmMails))?.Body ?? "");
  assert.equal(mail.Subject, 'ALARM: "lambda-recursive-alarm" in US East (N. Virginia)');
  const alarm = JSON.parse(mail.Message);
  assert.equal(alarm.NewStateValue, "ALARM");
  assert.equal(alarm.Trigger.MetricName, "RecursiveInvocationsDropped");
  assert.equal(
    await aws.text`cloudwatch describe-alarms --state-value ALARM --query MetricAlarms[].AlarmName --output text`,
    "lambda-recursive-alarm",
  );
  const listed = await aws.json<
    [string, string][][]
  >`cloudwatch list-metrics --namespace AWS/Lambda --metric-name RecursiveInvocationsDropped --query Metrics[].Dimensions[].[Name,Value]`;
  assert.ok(listed.some(([name, value]) => `${name}=${value}` === `FunctionName=${FUNCTION_NAME}`));
  assert.ok(flyball.output.some((line) => line.includes("loop stopped")));

  // Allowed, it goes on; put right, it comes to an end.
  assert.deepEqual(await blog(putRecursionConfig("Allow")), { RecursiveLoop: "Allow" });
  assert.deepEqual(await blog(GET_RECURSION_CONFIG), { RecursiveLoop: "Allow" });
  await send(system.orders, "A-2");
  const allowed = await eventually(
    () => runsOf("A-2"),
    (runs) => runs >= ALLOWED_RUNS,
  );
  assert.ok(allowed >= ALLOWED_RUNS, `${allowed} invocations`);
  assert.equal(await sumOf("RecursiveInvocationsDropped"), RECEIVES);
  const mended = { Variables: { TARGET_QUEUE_URL: system.fulfilment } };
  await aws.json`lambda update-function-configuration --function-name ${FUNCTION_NAME} --environment ${mended}`;
  await aws.text`lambda wait function-updated-v2 --function-name ${FUNCTION_NAME}`;
  assert.deepEqual(JSON.parse((await receive(system.fulfilment))?.Body ?? ""), { order: "A-2" });
  assert.deepEqual(await blog(putRecursionConfig("Terminate")), { RecursiveLoop: "Terminate" });
  await send(system.orders, "A-3");
  assert.deepEqual(JSON.parse((await receive(system.fulfilment))?.Body ?? ""), { order: "A-3" });
  const runsOnceMended = await eventually(
    () => runsOf("A-3"),
    (runs) => runs > 0,
  );
  assert.equal(runsOnceMended, 1);
  assert.equal(
    await aws.text`lambda get-function --function-name ${FUNCTION_NAME} --query Configuration.FunctionArn --output text`,
    `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${FUNCTION_NAME}`,
  );
});

cliTest("the recursion configuration's errors are Lambda's, or the CLI's own", async () => {
  await using flyball = await Flyball.start();
  const aws = await AwsCli.of(flyball);
  const unknown = `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:no-such`;
  assert.equal(
    await aws.refused`lambda get-function-recursion-config --function-name no-such`,
    `An error occurred (ResourceNotFoundException) when calling the GetFunctionRecursionConfig operation: ${unknown}`,
  );
  assert.equal(
    await aws.refused`lambda put-function-recursion-config --function-name no-such --recursive-loop Allow`,
    `An error occurred (ResourceNotFoundException) when calling the PutFunctionRecursionConfig operation: ${unknown}`,
  );
  // The CLI sends any word on; it is Lambda that knows which there are.
  assert.equal(
    await aws.refused`lambda put-function-recursion-config --function-name no-such --recursive-loop Sometimes`,
    "An error occurred (ValidationException) when calling the PutFunctionRecursionConfig operation: 1 validation error detected: Value 'Sometimes' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]",
  );
  const incomplete = await aws.run`lambda put-function-recursion-config --function-name no-such`;
  assert.equal(incomplete.code, aws.exits.usage);
  assert.match(incomplete.stderr, /the following arguments are required: --recursive-loop/);
});
