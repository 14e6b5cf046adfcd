import assert from "node:assert/strict";
import { cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, REGION } from "./flyball.ts";

const cliTest = cliTests();

/** From ten minutes ago to a minute ahead, as options. */
function span(): string[] {
  const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
  return ["--start-time", at(-600_000), "--end-time", at(60_000)];
}

cliTest(
  "aws cloudwatch: data is put, listed, and read by statistic and by metric math",
  async (aws) => {
    await aws.text`cloudwatch put-metric-data --namespace Shop --metric-name Orders --value 3 --unit Count --dimensions Store=north`;
    const data = [
      {
        MetricName: "Orders",
        Dimensions: [{ Name: "Store", Value: "north" }],
        Values: [1, 5],
        Counts: [2, 1],
        Unit: "Count",
      },
      {
        MetricName: "Refusals",
        Dimensions: [{ Name: "Store", Value: "north" }],
        Value: 2.5,
        Unit: "Count",
      },
    ];
    await aws.text`cloudwatch put-metric-data --namespace Shop --metric-data ${data}`;
    assert.deepEqual(
      await aws.json`cloudwatch list-metrics --namespace Shop --dimensions Name=Store,Value=north --query sort_by(Metrics,&MetricName)[].MetricName`,
      ["Orders", "Refusals"],
    );
    assert.deepEqual(
      await aws.json`cloudwatch get-metric-statistics --namespace Shop --metric-name Orders --dimensions Name=Store,Value=north ${span()} --period 3600 --statistics Sum Minimum Maximum SampleCount Average --query Datapoints[].[Sum,Minimum,Maximum,SampleCount,Average,Unit]`,
      [[10, 1, 5, 4, 2.5, "Count"]],
    );
    const metric = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: {
        Metric: { Namespace: "Shop", MetricName, Dimensions: [{ Name: "Store", Value: "north" }] },
        Period: 3600,
        Stat: "Sum",
      },
    });
    const queries = [
      metric("orders", "Orders"),
      metric("refusals", "Refusals"),
      { Id: "share", Expression: "100 * refusals / orders", Label: "percent refused" },
    ];
    assert.deepEqual(
      await aws.json`cloudwatch get-metric-data --metric-data-queries ${queries as object} ${span()} --query MetricDataResults[].[Id,Label,StatusCode,Values]`,
      [["share", "percent refused", "Complete", [25]]],
    );
    assert.match(
      await aws.refused`cloudwatch put-metric-data --namespace AWS/Shop --metric-name m --value 1`,
      /^An error occurred \(InvalidParameterValue\) when calling the PutMetricData operation: The value AWS\/ for parameter Namespace is invalid\.$/,
    );
    assert.match(
      await aws.refused`cloudwatch get-metric-statistics --namespace Shop --metric-name Orders ${span()} --period 61 --statistics Sum`,
      /^An error occurred \(InvalidParameterValue\) when calling the GetMetricStatistics operation: ./,
    );
  },
);

cliTest(
  "aws cloudwatch: an alarm goes off, tells its topic, keeps its history, and can be silenced",
  async (aws) => {
    await aws.text`sqs create-queue --queue-name alarm-mails`;
    const queue =
      await aws.text`sqs get-queue-url --queue-name alarm-mails --query QueueUrl --output text`;
    const topic = await aws.text`sns create-topic --name alarms --query TopicArn --output text`;
    await aws.text`sns subscribe --topic-arn ${topic} --protocol sqs --notification-endpoint arn:aws:sqs:${REGION}:${ACCOUNT}:alarm-mails`;
    await aws.text`cloudwatch put-metric-alarm --alarm-name too-many --alarm-description ${"too many at once"} --namespace Shop --metric-name Queue --statistic Maximum --period 60 --evaluation-periods 1 --threshold 10 --comparison-operator GreaterThanThreshold --alarm-actions ${topic} --ok-actions ${topic} --tags Key=team,Value=orders`;
    const state = () =>
      aws.text`cloudwatch describe-alarms --alarm-names too-many --query MetricAlarms[0].StateValue --output text`;
    assert.equal(await state(), "INSUFFICIENT_DATA");
    await aws.text`cloudwatch put-metric-data --namespace Shop --metric-name Queue --value 11`;
    assert.equal(await eventually(state, (found) => found === "ALARM"), "ALARM");
    await aws.text`cloudwatch wait alarm-exists --alarm-names too-many`;
    const body =
      await aws.text`sqs receive-message --queue-url ${queue} --wait-time-seconds 20 --query Messages[0].Body --output text`;
    const { AlarmName, AlarmDescription, NewStateValue, OldStateValue, AWSAccountId } = JSON.parse(
      JSON.parse(body).Message,
    );
    assert.deepEqual(
      [AlarmName, AlarmDescription, OldStateValue, NewStateValue, AWSAccountId],
      ["too-many", "too many at once", "INSUFFICIENT_DATA", "ALARM", ACCOUNT],
    );
    const history = await aws.json<
      [string, string][]
    >`cloudwatch describe-alarm-history --alarm-name too-many --query AlarmHistoryItems[].[HistoryItemType,HistorySummary]`;
    assert.deepEqual(history.toSorted(), [
      ["Action", `Successfully executed action ${topic}`],
      ["ConfigurationUpdate", 'Alarm "too-many" created'],
      ["StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"],
    ]);

    await aws.text`cloudwatch disable-alarm-actions --alarm-names too-many`;
    await aws.text`cloudwatch set-alarm-state --alarm-name too-many --state-value OK --state-reason ${"by hand"}`;
    await aws.text`cloudwatch enable-alarm-actions --alarm-names too-many`;
    assert.deepEqual(
      await aws.json`cloudwatch describe-alarms-for-metric --namespace Shop --metric-name Queue --query MetricAlarms[].[AlarmName,ActionsEnabled]`,
      [["too-many", true]],
    );
    const arn = `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:too-many`;
    assert.deepEqual(await aws.json`cloudwatch list-tags-for-resource --resource-arn ${arn}`, {
      Tags: [{ Key: "team", Value: "orders" }],
    });
    await aws.text`cloudwatch put-composite-alarm --alarm-name either --alarm-rule ${'ALARM("too-many") OR FALSE'}`;
    assert.equal(
      await aws.text`cloudwatch describe-alarms --alarm-types CompositeAlarm --query CompositeAlarms[].AlarmName --output text`,
      "either",
    );
    await aws.text`cloudwatch delete-alarms --alarm-names either`;
    await aws.text`cloudwatch delete-alarms --alarm-names too-many`;
    assert.match(
      await aws.refused`cloudwatch set-alarm-state --alarm-name too-many --state-value OK --state-reason x`,
      /^An error occurred \(ResourceNotFound\) when calling the SetAlarmState operation: ./,
    );
  },
);

cliTest("aws cloudwatch: a dashboard is kept as it was put", async (aws) => {
  const body = {
    widgets: [{ type: "text", x: 0, y: 0, width: 6, height: 3, properties: { markdown: "# hi" } }],
  };
  assert.deepEqual(
    await aws.json`cloudwatch put-dashboard --dashboard-name shop --dashboard-body ${body} --query DashboardValidationMessages`,
    [],
  );
  const kept =
    await aws.text`cloudwatch get-dashboard --dashboard-name shop --query DashboardBody --output text`;
  assert.deepEqual(JSON.parse(kept), body);
  await aws.text`cloudwatch delete-dashboards --dashboard-names shop`;
  assert.match(
    await aws.refused`cloudwatch get-dashboard --dashboard-name shop`,
    /^An error occurred \(ResourceNotFound\) when calling the GetDashboard operation: Dashboard shop does not exist$/,
  );
});

boto3Tests("boto3_cloudwatch.py");
