import assert from "node:assert/strict";
import type {
  DescribeExecutionOutput,
  DescribeStateMachineOutput,
  HistoryEvent,
  ValidateStateMachineDefinitionOutput,
} from "@aws-sdk/client-sfn";
import { Archive } from "./archive.ts";
import { AwsCli, cliTest, cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, Flyball, REGION } from "./flyball.ts";

const sharedTest = cliTests();
const ROLE = `arn:aws:iam::${ACCOUNT}:role/states`;
const STATES = `arn:aws:states:${REGION}:${ACCOUNT}`;

function chain(state: object): object {
  return { StartAt: "Only", States: { Only: { ...state, End: true } } };
}

function create(aws: AwsCli, name: string, definition: object, type = "STANDARD"): Promise<string> {
  return aws.text`stepfunctions create-state-machine --name ${name} --role-arn ${ROLE} --type ${type}
    --definition ${definition} --query stateMachineArn --output text`;
}

function start(aws: AwsCli, machine: string, name: string, input: object): Promise<string> {
  return aws.text`stepfunctions start-execution --state-machine-arn ${machine} --name ${name} --input ${input} --query executionArn --output text`;
}

/** How an execution came to its end. */
function ended(aws: AwsCli, execution: string): Promise<DescribeExecutionOutput> {
  return eventually(
    () =>
      aws.json<DescribeExecutionOutput>`stepfunctions describe-execution --execution-arn ${execution}`,
    ({ status }) => status !== "RUNNING",
  );
}

sharedTest("aws stepfunctions: a machine is made, changed, found and deleted", async (aws) => {
  const arn = await create(aws, "orders", chain({ Type: "Pass" }));
  assert.equal(arn, `${STATES}:stateMachine:orders`);
  const definition = chain({ Type: "Pass", Result: 1 });
  const updated = await aws.json<
    Record<string, string>
  >`stepfunctions update-state-machine --state-machine-arn ${arn} --definition ${definition} --publish --version-description first`;
  assert.equal(updated.stateMachineVersionArn, `${arn}:1`);
  const described =
    await aws.json<DescribeStateMachineOutput>`stepfunctions describe-state-machine --state-machine-arn ${arn}`;
  assert.deepEqual(JSON.parse(described.definition ?? ""), definition);
  assert.equal(described.status, "ACTIVE");
  assert.equal(described.type, "STANDARD");
  assert.equal(described.roleArn, ROLE);
  assert.equal(described.revisionId, updated.revisionId);
  assert.deepEqual(described.loggingConfiguration, {
    level: "OFF",
    includeExecutionData: false,
  });
  const route = [{ stateMachineVersionArn: `${arn}:1`, weight: 100 }];
  assert.equal(
    await aws.text`stepfunctions create-state-machine-alias --name live --routing-configuration ${route} --query stateMachineAliasArn --output text`,
    `${arn}:live`,
  );
  assert.deepEqual(
    await aws.json`stepfunctions list-state-machine-aliases --state-machine-arn ${arn} --query stateMachineAliases[].stateMachineAliasArn`,
    [`${arn}:live`],
  );
  await aws.json`stepfunctions tag-resource --resource-arn ${arn} --tags key=team,value=press key=stage,value=test`;
  await aws.json`stepfunctions untag-resource --resource-arn ${arn} --tag-keys stage`;
  assert.deepEqual(await aws.json`stepfunctions list-tags-for-resource --resource-arn ${arn}`, {
    tags: [{ key: "team", value: "press" }],
  });
  assert.deepEqual(
    await aws.json`stepfunctions list-state-machines --query stateMachines[?name=='orders'].[stateMachineArn,type]`,
    [[arn, "STANDARD"]],
  );
  await aws.text`stepfunctions delete-state-machine --state-machine-arn ${arn}`;
  assert.equal(
    await aws.refused`stepfunctions describe-state-machine --state-machine-arn ${arn}`,
    `An error occurred (StateMachineDoesNotExist) when calling the DescribeStateMachine operation: State Machine Does Not Exist: '${arn}'`,
  );
});

sharedTest(
  "aws stepfunctions: a definition is judged before it is taken, with the place",
  async (aws) => {
    const definition = { StartAt: "Only", States: { Only: { Type: "Pass", Next: "Gone" } } };
    const { result, diagnostics = [] } =
      await aws.json<ValidateStateMachineDefinitionOutput>`stepfunctions validate-state-machine-definition --definition ${definition}`;
    assert.equal(result, "FAIL");
    const [first] = diagnostics;
    assert.deepEqual(
      [first?.severity, first?.code, first?.location],
      ["ERROR", "MISSING_TRANSITION_TARGET", "/States/Only/Next"],
    );
    assert.match(
      await aws.refused`stepfunctions create-state-machine --name bad --role-arn ${ROLE} --definition ${definition}`,
      /^An error occurred \(InvalidDefinition\) when calling the CreateStateMachine operation: Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: .* at \/States\/Only\/Next, MISSING_END_STATE: /,
    );
  },
);

sharedTest(
  "aws stepfunctions: an execution is started, watched, stopped, listed and redriven",
  async (aws) => {
    const machine = await create(aws, "waiting", {
      StartAt: "First",
      States: {
        First: { Type: "Pass", Result: { n: 1 }, Next: "Wait" },
        Wait: { Type: "Wait", Seconds: 1_000, End: true },
      },
    });
    const execution = await start(aws, machine, "one", { given: true });
    assert.equal(execution, `${STATES}:execution:waiting:one`);
    const seen = await eventually(
      () =>
        aws.json<
          string[]
        >`stepfunctions get-execution-history --execution-arn ${execution} --page-size 2 --query events[].type`,
      (types) => types.includes("WaitStateEntered"),
    );
    assert.deepEqual(seen, [
      "ExecutionStarted",
      "PassStateEntered",
      "PassStateExited",
      "WaitStateEntered",
    ]);
    const { NextToken, events } = await aws.json<{
      NextToken: string;
      events: HistoryEvent[];
    }>`stepfunctions get-execution-history --execution-arn ${execution} --max-items 1`;
    assert.deepEqual([events.length, events[0]?.type], [1, "ExecutionStarted"]);
    assert.deepEqual(
      await aws.json`stepfunctions get-execution-history --execution-arn ${execution} --max-items 1 --starting-token ${NextToken} --query events[].id`,
      [2],
    );
    await aws.json`stepfunctions stop-execution --execution-arn ${execution} --error Enough --cause Late`;
    const { status, error, cause, input } = await ended(aws, execution);
    assert.deepEqual(
      { status, error, cause, input },
      { status: "ABORTED", error: "Enough", cause: "Late", input: '{"given":true}' },
    );
    assert.deepEqual(
      await aws.json`stepfunctions list-executions --state-machine-arn ${machine} --status-filter ABORTED --query executions[].name`,
      ["one"],
    );
    await aws.json`stepfunctions redrive-execution --execution-arn ${execution}`;
    assert.deepEqual(
      await aws.json`stepfunctions describe-execution --execution-arn ${execution} --query [status,redriveCount]`,
      ["RUNNING", 1],
    );
    assert.equal(
      await aws.refused`stepfunctions start-execution --state-machine-arn ${machine} --name one --input ${{ other: 1 }}`,
      `An error occurred (ExecutionAlreadyExists) when calling the StartExecution operation: Execution Already Exists: '${execution}'`,
    );
    assert.equal(
      await aws.refused`stepfunctions describe-execution --execution-arn ${execution}-none`,
      `An error occurred (ExecutionDoesNotExist) when calling the DescribeExecution operation: Execution Does Not Exist: '${execution}-none'`,
    );
    await aws.json`stepfunctions stop-execution --execution-arn ${execution}`;
  },
);

sharedTest(
  "aws stepfunctions: an Express machine answers at once; a state is tried alone",
  async (aws) => {
    const definition = chain({
      Type: "Pass",
      QueryLanguage: "JSONata",
      Output: { sum: "{% $sum($states.input.numbers) %}" },
    });
    const machine = await create(aws, "sum", definition, "EXPRESS");
    assert.deepEqual(
      await aws.json`stepfunctions start-sync-execution --state-machine-arn ${machine} --input ${{ numbers: [1, 2, 3] }} --query [status,output]`,
      ["SUCCEEDED", '{"sum":6}'],
    );
    const state = {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: "price", "Payload.$": "$" },
      ResultSelector: { "price.$": "$.Payload.price" },
      Next: "After",
    };
    const mock = { result: JSON.stringify({ Payload: { price: 7 }, StatusCode: 200 }) };
    assert.deepEqual(
      await aws.json`stepfunctions test-state --definition ${state} --input ${{ item: 1 }} --mock ${mock}`,
      { output: '{"price":7}', status: "SUCCEEDED", nextState: "After" },
    );
  },
);

sharedTest("aws stepfunctions: a worker by hand does an activity's task", async (aws) => {
  const activity =
    await aws.text`stepfunctions create-activity --name by-hand --query activityArn --output text`;
  const machine = await create(aws, "worked", chain({ Type: "Task", Resource: activity }));
  const [good, bad] = [
    await start(aws, machine, "good", { n: 1 }),
    await start(aws, machine, "bad", { n: 2 }),
  ];
  const answer = async () => {
    const { taskToken, input } = await aws.json<{
      taskToken: string;
      input: string;
    }>`stepfunctions get-activity-task --activity-arn ${activity} --worker-name me`;
    if (JSON.parse(input).n === 1)
      await aws.json`stepfunctions send-task-success --task-token ${taskToken} --task-output ${{ done: true }}`;
    else
      await aws.json`stepfunctions send-task-failure --task-token ${taskToken} --error Tired --cause ${"Not today."}`;
  };
  await answer();
  await answer();
  assert.deepEqual(JSON.parse((await ended(aws, good)).output ?? ""), { done: true });
  const { error, cause } = await ended(aws, bad);
  assert.deepEqual({ error, cause }, { error: "Tired", cause: "Not today." });
  assert.match(
    await aws.refused`stepfunctions send-task-success --task-token none --task-output {}`,
    /^An error occurred \(InvalidToken\) when calling the SendTaskSuccess operation: /,
  );
});

sharedTest("aws stepfunctions: a distributed Map's run is watched and changed", async (aws) => {
  const machine = await create(
    aws,
    "each",
    chain({
      Type: "Map",
      MaxConcurrency: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        StartAt: "Rest",
        States: { Rest: { Type: "Wait", SecondsPath: "$", End: true } },
      },
    }),
  );
  const execution = await start(aws, machine, "slow", [4, 1_000, 1_000]);
  const [mapRun = ""] = await eventually(
    () =>
      aws.json<
        string[]
      >`stepfunctions list-map-runs --execution-arn ${execution} --query mapRuns[].mapRunArn`,
    (found) => found.length > 0,
  );
  assert.deepEqual(
    await aws.json`stepfunctions describe-map-run --map-run-arn ${mapRun} --query [status,maxConcurrency,itemCounts.total]`,
    ["RUNNING", 1, 3],
  );
  await aws.json`stepfunctions update-map-run --map-run-arn ${mapRun} --max-concurrency 3`;
  const children = () =>
    aws.json<
      string[]
    >`stepfunctions list-executions --map-run-arn ${mapRun} --status-filter RUNNING --query executions[].name`;
  // One at a time would be one.
  assert.ok((await eventually(children, (running) => running.length >= 2)).length >= 2);
  await aws.json`stepfunctions stop-execution --execution-arn ${execution}`;
  const status = () =>
    aws.text`stepfunctions describe-map-run --map-run-arn ${mapRun} --query status --output text`;
  assert.equal(await eventually(status, (found) => found !== "RUNNING"), "ABORTED");
});

cliTest(
  "aws stepfunctions: a test case of a mock configuration answers for the tasks",
  async () => {
    const configuration = {
      StateMachines: { price: { TestCases: { Retried: { Ask: "Flaky" } } } },
      MockedResponses: {
        Flaky: {
          "0-1": { Throw: { Error: "Lambda.TooManyRequestsException", Cause: "busy" } },
          "2": { Return: { StatusCode: 200, Payload: { price: 7 } } },
        },
      },
    };
    await using folder = await Archive.of({});
    await folder.write("mocks.json", JSON.stringify(configuration));
    await using flyball = await Flyball.start("--sfn-mock-config", folder.beside("mocks.json"));
    const aws = await AwsCli.of(flyball);
    const machine = await create(aws, "price", {
      StartAt: "Ask",
      States: {
        Ask: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { FunctionName: "price" },
          OutputPath: "$.Payload",
          Retry: [
            {
              ErrorEquals: ["Lambda.TooManyRequestsException"],
              IntervalSeconds: 1,
              BackoffRate: 1,
              MaxAttempts: 2,
            },
          ],
          End: true,
        },
      },
    });
    const execution = await start(aws, `${machine}#Retried`, "mocked", {});
    const { status, output, stateMachineArn } = await ended(aws, execution);
    assert.deepEqual([status, output], ["SUCCEEDED", '{"price":7}']);
    assert.equal(stateMachineArn, machine);
    const real = await ended(aws, await start(aws, machine, "real", {}));
    assert.equal(real.error, "Lambda.ResourceNotFoundException");
  },
);

boto3Tests("boto3_stepfunctions.py");
