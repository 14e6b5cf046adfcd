import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { defineService } from "../../service.ts";
import { cloudwatch } from "../cloudwatch/service.ts";
import { eventbridge } from "./service.ts";
import { ACCOUNT, arnOf, CALLER, REGION, START, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "events");

describe("events of AWS's own", () => {
  // CloudWatch user guide, "Alarm events and EventBridge".
  it("tell of an alarm's change of state", async () => {
    const bodies: string[] = [];
    const sqs = defineService({
      name: "sqs",
      operations: {
        SendMessage: async (_call, { MessageBody = "" }) => {
          bodies.push(MessageBody);
          return {};
        },
      },
    });
    await using cloud = new Cloud({
      services: [cloudwatch, sqs, eventbridge],
      clock: "virtual",
      startTime: START,
    });
    await cloud.call(CALLER, "eventbridge", "PutRule", {
      Name: "alarms",
      EventPattern: JSON.stringify({
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { state: { value: ["ALARM"] } },
      }),
    });
    const Targets = [{ Id: "q", Arn: QUEUE }];
    await cloud.call(CALLER, "eventbridge", "PutTargets", { Rule: "alarms", Targets });
    await cloud.call(CALLER, "cloudwatch", "PutMetricAlarm", {
      AlarmName: "slow",
      Namespace: "Shop",
      MetricName: "Latency",
      Statistic: "Average",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      ActionsEnabled: false,
    });
    for (const StateValue of ["OK", "ALARM"] as const)
      await cloud.call(CALLER, "cloudwatch", "SetAlarmState", {
        AlarmName: "slow",
        StateValue,
        StateReason: "a test",
      });
    await (cloud.clock as VirtualClock).advance(0);
    assert.equal(bodies.length, 1);
    const { source, resources, account, detail } = JSON.parse(bodies[0] ?? "");
    assert.deepEqual(
      { source, resources, account },
      {
        source: "aws.cloudwatch",
        resources: [arnOf("cloudwatch", "alarm:slow")],
        account: ACCOUNT,
      },
    );
    assert.deepEqual(
      [detail.alarmName, detail.previousState.value, detail.state.value, detail.state.reason],
      ["slow", "OK", "ALARM", "a test"],
    );
    const [{ metricStat } = assert.fail()] = detail.configuration.metrics;
    assert.equal(metricStat.metric.name, "Latency");
  });

  // Lambda developer guide, "Use Lambda recursive loop detection": an AWS Health event follows.
  it("tell of a function whose loop was stopped, once", async () => {
    await using test = new TestCloud();
    await test.rule("health", { source: ["aws.health"], "detail-type": ["AWS Health Event"] }, [
      { Arn: QUEUE },
    ]);
    const functionArn = arnOf("lambda", "function:f");
    for (let caller = CALLER, invocation = 0; invocation < 18; invocation += 1) {
      const { traceHeader } = await test.cloud.chains.enter(caller, functionArn, "Terminate");
      caller = { ...CALLER, traceHeader };
    }
    const [event, ...others] = await test.events(QUEUE);
    assert.deepEqual(others, []);
    const { region, resources, detail } = event ?? {};
    assert.deepEqual([region, resources], [REGION, [functionArn]]);
    const { eventTypeCode } = detail as { eventTypeCode: string };
    assert.equal(eventTypeCode, "AWS_LAMBDA_RUNAWAY_TERMINATION_NOTIFICATION");
    assert.deepEqual(test.defects, []);
  });
});
