import assert from "node:assert";
import { test } from "node:test";
import { defineService } from "../../../service.ts";
import { caller, functionArn, makeMachine, settled, sfnCloud, start } from "./testing.ts";

const failing = {
  StartAt: "P",
  States: {
    P: { Type: "Pass", Next: "F" },
    F: { Type: "Fail", Error: "E", Cause: "because" },
  },
};

test("The default event bus is told when an execution starts and when it ends", async () => {
  const told: { source: string; resources: string[]; detail: Record<string, unknown> }[] = [];
  const bus = defineService({
    name: "eventbridge",
    operations: {
      PutEvents: (_call, { Entries = [] }) => {
        for (const { Source, Resources, Detail } of Entries)
          told.push({ source: Source!, resources: Resources!, detail: JSON.parse(Detail!) });
        return { FailedEntryCount: 0, Entries: [] };
      },
    },
  });
  await using cloud = sfnCloud({ services: [bus] });
  const executionArn = await start(cloud, await makeMachine(cloud, failing), { a: 1 }, "one");
  await settled(cloud);
  assert.deepEqual(
    told.map(({ source, resources, detail }) => [source, resources[0], detail.status]),
    [
      ["aws.states", executionArn, "RUNNING"],
      ["aws.states", executionArn, "FAILED"],
    ],
  );
  const { name, input, inputDetails, output, error, cause } = told[1]!.detail;
  assert.deepEqual(
    { name, input, inputDetails, output, error, cause },
    {
      name: "one",
      input: '{"a":1}',
      inputDetails: { included: true },
      output: null,
      error: "E",
      cause: "because",
    },
  );
});

for (const [level, types] of [
  [
    "ALL",
    [
      "ExecutionStarted",
      "PassStateEntered",
      "PassStateExited",
      "FailStateEntered",
      "ExecutionFailed",
    ],
  ],
  ["ERROR", ["FailStateEntered", "ExecutionFailed"]],
  ["FATAL", ["ExecutionFailed"]],
  ["OFF", []],
] as const)
  test(`At level ${level} the log gets ${types.length} events of an execution that fails`, async () => {
    const lines: Record<string, unknown>[] = [];
    const logs = defineService({
      name: "logs",
      operations: {
        PutLogEvents: (_call, { logEvents = [] }) => {
          for (const { message } of logEvents) lines.push(JSON.parse(message!));
          return {};
        },
      },
    });
    await using cloud = sfnCloud({ services: [logs] });
    const group = `arn:aws:logs:${caller.region}:${caller.account}:log-group:/sfn:*`;
    const machineArn = await makeMachine(cloud, failing, {
      loggingConfiguration: {
        level,
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: group } }],
      },
    });
    const executionArn = await start(cloud, machineArn);
    await settled(cloud);
    assert.deepEqual(
      lines.map(({ type }) => type),
      types,
    );
    if (level !== "ALL") return;
    // Recorded from AWS: LocalStack's snapshot of test_base[pass_result.json5_ALL_False].
    const { event_timestamp, ...entered } = lines[1]!;
    assert.match(String(event_timestamp), /^\d+$/);
    assert.deepEqual(entered, {
      id: "2",
      type: "PassStateEntered",
      details: { name: "P" },
      previous_event_id: "0",
      execution_arn: executionArn,
      redrive_count: "0",
    });
  });

test("Metrics count executions by machine and what their tasks call", async () => {
  const counted = new Map<string, number>();
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, { Namespace, MetricData = [] }) => {
        assert.equal(Namespace, "AWS/States");
        for (const { MetricName, Dimensions, Values = [], Counts = [] } of MetricData) {
          const key = `${MetricName} ${Dimensions!.map(({ Name }) => Name)}`;
          const sum = Values.reduce((sum, value, index) => sum + value * Counts[index]!, 0);
          counted.set(key, (counted.get(key) ?? 0) + sum);
        }
        return {};
      },
    },
  });
  await using cloud = sfnCloud({ services: [cloudwatch], functions: { f: () => 1 } });
  const machineArn = await makeMachine(cloud, {
    StartAt: "A",
    States: {
      A: { Type: "Task", Resource: functionArn("f"), Next: "B" },
      B: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: { FunctionName: "f" },
        End: true,
      },
    },
  });
  await start(cloud, machineArn);
  await settled(cloud);
  const counts = [...counted].filter(([, value]) => value > 0);
  assert.deepEqual(Object.fromEntries(counts), {
    "ExecutionsStarted StateMachineArn": 1,
    "ExecutionsSucceeded StateMachineArn": 1,
    "LambdaFunctionsScheduled LambdaFunctionArn": 1,
    "LambdaFunctionsStarted LambdaFunctionArn": 1,
    "LambdaFunctionsSucceeded LambdaFunctionArn": 1,
    "ServiceIntegrationsScheduled ServiceIntegrationResourceArn": 1,
    "ServiceIntegrationsStarted ServiceIntegrationResourceArn": 1,
    "ServiceIntegrationsSucceeded ServiceIntegrationResourceArn": 1,
  });
});
