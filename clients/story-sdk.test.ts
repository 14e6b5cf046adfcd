import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  GetFunctionRecursionConfigCommand,
  LambdaClient,
  paginateListEventSourceMappings,
} from "@aws-sdk/client-lambda";
import {
  ALARM_NAME,
  FUNCTION_NAME,
  MAX_RECEIVE_COUNT,
  OrderSystem,
} from "../packages/flyball/src/demo/order-system.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, Flyball, REGION } from "./flyball.ts";

const RUNS = 16;
/** Past where the loop would have been stopped. */
const ALLOWED_RUNS = 40;

test("the SDK for JavaScript: a loop is stopped, seen, allowed and put right", async () => {
  await using flyball = await Flyball.start();
  const config = flyball.clientConfig();
  const lambda = new LambdaClient(config);
  const cloudwatch = new CloudWatchClient(config);
  const system = new OrderSystem(config);
  await system.build();

  // One order: sixteen invocations, then refused at each receive until its queue gives it up.
  await system.sendOrder("A-1");
  assert.equal(await system.deadLetter(), '{"order":"A-1"}');
  const lines = await eventually(
    () => system.logLines("A-1"),
    ({ length }) => length >= RUNS,
  );
  const lineages = lines.map((line) => /Lineage=(\d+):[0-9a-f]{8}:(\d+)$/.exec(line)?.slice(1));
  assert.deepEqual(
    lineages,
    Array.from({ length: RUNS }, (_, index) => [String(index + 1), String(index)]),
  );

  // Everything that AWS shows of it.
  assert.equal(await system.droppedInvocations(), MAX_RECEIVE_COUNT);
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      MetricDataQueries: [
        metricOf("invocations", "Invocations"),
        metricOf("errors", "Errors"),
        { Id: "both", Expression: "invocations + errors", Label: "both" },
      ],
    }),
  );
  const sums = MetricDataResults.map(({ Id, Values = [] }) => [
    Id,
    Values.reduce((a, b) => a + b, 0),
  ]);
  assert.deepEqual(sums, [
    ["invocations", RUNS],
    ["errors", 0],
    ["both", RUNS],
  ]);
  const mail = await system.alarmMail();
  assert.equal(mail?.subject, `ALARM: "${ALARM_NAME}" in US East (N. Virginia)`);
  assert.match(
    mail?.reason ?? "",
    /^Threshold Crossed: 1 datapoint \[[123]\.0 \(.*\)\] was greater than the threshold \(0\.0\)\.$/,
  );
  const { MetricAlarms: [alarm] = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [ALARM_NAME], StateValue: "ALARM" }),
  );
  assert.equal(alarm?.AlarmArn, `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${ALARM_NAME}`);
  const { AlarmHistoryItems = [] } = await cloudwatch.send(
    new DescribeAlarmHistoryCommand({ AlarmName: ALARM_NAME, HistoryItemType: "Action" }),
  );
  assert.deepEqual(
    AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary),
    [`Successfully executed action arn:aws:sns:${REGION}:${ACCOUNT}:on-call`],
  );
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings(
    { client: lambda },
    { FunctionName: FUNCTION_NAME },
  ))
    assert.deepEqual(
      EventSourceMappings.map(({ State, LastProcessingResult }) => [State, LastProcessingResult]),
      [["Enabled", "PROBLEM: RecursiveInvocationException"]],
    );
  const { loops } = await flyball.ask<{ loops: { invocations: number; drops: number }[] }>(
    "/loops",
  );
  assert.deepEqual(
    loops.map(({ invocations, drops }) => [invocations, drops]),
    [[RUNS, MAX_RECEIVE_COUNT]],
  );

  // Allowed, it goes on; put right, it comes to an end.
  await system.setRecursiveLoop("Allow");
  await system.sendOrder("A-2");
  const allowed = await eventually(
    () => system.logLines("A-2"),
    ({ length }) => length >= ALLOWED_RUNS,
  );
  assert.ok(allowed.length >= ALLOWED_RUNS, `${allowed.length} invocations`);
  assert.equal(await system.droppedInvocations(), MAX_RECEIVE_COUNT);
  await system.mend();
  assert.equal(await system.fulfilled(), '{"order":"A-2"}');
  await system.setRecursiveLoop("Terminate");
  const { RecursiveLoop } = await lambda.send(
    new GetFunctionRecursionConfigCommand({ FunctionName: FUNCTION_NAME }),
  );
  assert.equal(RecursiveLoop, "Terminate");
  await system.sendOrder("A-3");
  assert.equal(await system.fulfilled(), '{"order":"A-3"}');
  const linesOnceMended = await eventually(
    () => system.logLines("A-3"),
    ({ length }) => length > 0,
  );
  assert.equal(linesOnceMended.length, 1);
});

function metricOf(id: string, name: string) {
  const Dimensions = [{ Name: "FunctionName", Value: FUNCTION_NAME }];
  const Metric = { Namespace: "AWS/Lambda", MetricName: name, Dimensions };
  return { Id: id, MetricStat: { Metric, Period: 60, Stat: "Sum" } };
}
