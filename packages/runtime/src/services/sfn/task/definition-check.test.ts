import assert from "node:assert";
import { test } from "node:test";
import type { StateMachineDefinition } from "../../../states-language/definition.ts";
import { integrationDiagnostics } from "./definition-check.ts";

/** Messages: cdk-preflight's rule pf-sfn-asl-integration-parameters, measured with ValidateStateMachineDefinition. */

type Task = Readonly<Record<string, unknown>>;

function machine(task: Task, language?: string): StateMachineDefinition {
  return {
    StartAt: "Work",
    States: { Work: { Type: "Task", End: true, ...task } },
    ...(language === undefined ? {} : { QueryLanguage: language }),
  } as unknown as StateMachineDefinition;
}

async function problems(task: Task, language?: string): Promise<string[]> {
  const diagnostics = await integrationDiagnostics(machine(task, language));
  for (const { severity, code } of diagnostics)
    assert.deepEqual([severity, code], ["ERROR", "SCHEMA_VALIDATION_FAILED"]);
  return diagnostics.map(({ message, location }) => `${message} at ${location}`);
}

const SEND = "arn:aws:states:::sqs:sendMessage";

test("A task that gives its action what it takes has no problem, whether literal, path or expression", async () => {
  const fine: [Task, string?][] = [
    [{ Resource: SEND, Parameters: { QueueUrl: "q", "MessageBody.$": "$" } }],
    [{ Resource: SEND, Arguments: { QueueUrl: "{% $q %}", MessageBody: { any: 1 } } }, "JSONata"],
    [{ Resource: SEND, Arguments: "{% $states.input %}" }, "JSONata"],
    [
      {
        Resource: "arn:aws:states:::aws-sdk:dynamodb:putItem",
        Parameters: {
          TableName: "t",
          Item: { id: { "S.$": "$.id" }, paid: { Bool: true }, "more.$": "$.more" },
        },
      },
    ],
    [
      {
        Resource: "arn:aws:states:::aws-sdk:sfn:startExecution",
        Parameters: { StateMachineArn: "m", Input: { "a.$": "$.a" } },
      },
    ],
    [
      {
        Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters: { FunctionName: "f", Payload: { "Token.$": "$$.Task.Token" } },
      },
    ],
    [{ Resource: "arn:aws:lambda:us-east-1:123456789012:function:f" }],
    [{ Resource: "arn:aws:states:us-east-1:123456789012:activity:a", Parameters: { any: 1 } }],
    [{ Resource: "arn:aws:states:::ecs:runTask.sync", Parameters: { Whatever: 1 } }],
  ];
  for (const [task, language] of fine) assert.deepEqual(await problems(task, language), []);
});

test("What an action must have and does not get is named (measured for the optimized integrations)", async () => {
  const required: [resource: string, ...fields: string[]][] = [
    ["lambda:invoke", "FunctionName"],
    ["sqs:sendMessage", "QueueUrl", "MessageBody"],
    ["sns:publish", "Message"],
    ["dynamodb:putItem", "TableName", "Item"],
    ["dynamodb:getItem", "TableName", "Key"],
    ["states:startExecution.sync:2", "StateMachineArn"],
    ["events:putEvents", "Entries"],
  ];
  for (const [resource, ...fields] of required)
    assert.deepEqual(
      await problems({ Resource: `arn:aws:states:::${resource}`, Parameters: {} }),
      fields.map(
        (field) => `The field '${field}' is required but was missing at /States/Work/Parameters`,
      ),
    );
});

test("An optimized integration without any parameters is refused, in the words of its query language", async () => {
  assert.deepEqual(await problems({ Resource: SEND }), [
    `Parameters field is required for resource ARN: ${SEND} at /States/Work`,
  ]);
  assert.deepEqual(await problems({ Resource: SEND }, "JSONata"), [
    `Arguments field is required for resource ARN: ${SEND} at /States/Work`,
  ]);
});

test("A field that an action does not have is named, however deep it stands", async () => {
  const fields = { Queue: "q", "Body.$": "$", MessageAttributes: { a: { Type: "String" } } };
  const parameters = { QueueUrl: "q", MessageBody: "b", ...fields };
  assert.deepEqual(
    await problems({ Resource: SEND, Parameters: parameters }),
    ["Queue", "Body", "Type"].map(
      (field) =>
        `The field '${field}' is not supported by Step Functions at /States/Work/Parameters`,
    ),
  );
  const camelCase = { Resource: "arn:aws:states:::aws-sdk:sfn:startExecution" };
  assert.deepEqual(await problems({ ...camelCase, Parameters: { stateMachineArn: "m" } }), [
    "The field 'StateMachineArn' is required but was missing at /States/Work/Parameters",
    "The field 'stateMachineArn' is not supported by Step Functions at /States/Work/Parameters",
  ]);
});

test("An action that there is not is told with the place of its state, in branches and Maps too", async () => {
  const Resource = "arn:aws:states:::aws-sdk:sqs:sendMessages";
  const inner = { StartAt: "Inner", States: { Inner: { Type: "Task", Resource, End: true } } };
  const definition = {
    StartAt: "Both",
    States: {
      Both: { Type: "Parallel", Next: "Each", Branches: [inner, inner] },
      Each: { Type: "Map", Next: "Old", ItemProcessor: inner },
      Old: { Type: "Map", End: true, Iterator: inner },
    },
  } as unknown as StateMachineDefinition;
  const diagnostics = await integrationDiagnostics(definition);
  assert.deepEqual(
    diagnostics.map(({ location }) => location),
    [
      "/States/Both/Branches[0]/States/Inner/Resource",
      "/States/Both/Branches[1]/States/Inner/Resource",
      "/States/Each/ItemProcessor/States/Inner/Resource",
      "/States/Old/Iterator/States/Inner/Resource",
    ],
  );
  assert.match(diagnostics[0]!.message, /sendMessages is not recognized/);
});
