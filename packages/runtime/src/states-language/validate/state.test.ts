import assert from "node:assert/strict";
import { test } from "node:test";
import {
  check,
  fail,
  inner,
  jsonata,
  map,
  only,
  pass,
  SCHEMA,
  type Told,
  table,
  wait,
  work,
} from "./testing.ts";

test("types and fields of states (cdk_preflight's pf-sfn-asl-state-fields, floci issue 2735)", async (context) => {
  const types = "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]";
  await table(context, [
    ["no type", only({ End: true }), [SCHEMA, "These fields are required: [Type]", "/States/X"]],
    [
      "a type that there is not",
      only({ Type: "Nope" }),
      [SCHEMA, `The field 'Type' should have one of these values: ${types}`, "/States/X/Type"],
    ],
    [
      "a limit on a Map",
      only(map({ TimeoutSeconds: 5 })),
      [SCHEMA, "Field 'TimeoutSeconds' is not supported", "/States/X"],
    ],
    [
      "a catcher on a Pass",
      only(pass({ Catch: [] })),
      [SCHEMA, "Field 'Catch' is not supported", "/States/X"],
    ],
    [
      "a comment of one's own",
      only(pass({ _comment: "" })),
      [SCHEMA, "Field '_comment' is not supported", "/States/X"],
    ],
    [
      "neither Next nor End",
      only({ Type: "Pass" }),
      [
        SCHEMA,
        "This object should have only one of the following fields: [Next, End]",
        "/States/X",
      ],
    ],
    [
      "Next and End",
      only(pass({ Next: "X" })),
      [SCHEMA, "There should only be one of the following fields: [Next, End]", "/States/X"],
    ],
    [
      "no branches (LocalStack's test_test_state snapshot)",
      only({ Type: "Parallel", Branches: [], End: true }),
      [SCHEMA, "Value cannot be empty", "/States/X/Branches"],
    ],
    [
      "a branch without states",
      only({ Type: "Parallel", Branches: [{ StartAt: "A" }], End: true }),
      [SCHEMA, "These fields are required: [States]", "/States/X/Branches[0]"],
    ],
  ]);
});

test("Tasks (LocalStack's snapshots, cdk_preflight's pf-sfn-asl-resource-arn and -numeric-ranges)", async (context) => {
  const unknown = (arn: string): Told => [
    SCHEMA,
    `The resource provided ${arn} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
    "/States/X/Resource",
  ];
  const integration = (name: string) => `arn:aws:states:::${name}`;
  await table(context, [
    [
      "no resource",
      only({ Type: "Task", End: true }),
      [SCHEMA, "These fields are required: [Resource]", "/States/X"],
    ],
    [
      "no ARN",
      only(work({ Resource: "f" })),
      [SCHEMA, "Value is not a valid resource ARN", "/States/X/Resource"],
    ],
    ...[
      "dynamodb:query",
      "lambda:invoke.sync",
      "sqs:sendMessage.sync:2",
      "aws-sdk:sqs:sendMessage.sync",
      "nope:x",
    ].map(
      (name) =>
        [name, only(work({ Resource: integration(name) })), unknown(integration(name))] as const,
    ),
    ...[
      "lambda:invoke.waitForTaskToken",
      "states:startExecution.sync:2",
      "aws-sdk:sqs:sendMessage",
      "http:invoke",
    ].map((name) => [name, only(work({ Resource: integration(name) }))] as const),
    [
      "a timeout of 0",
      only(work({ TimeoutSeconds: 0 })),
      [SCHEMA, "Minimum value is 1", "/States/X/TimeoutSeconds"],
    ],
    [
      "a heartbeat as text",
      only(work({ HeartbeatSeconds: "$.h" })),
      [SCHEMA, "Expected value of type Integer", "/States/X/HeartbeatSeconds"],
    ],
    [
      "a number and a path",
      only(work({ TimeoutSeconds: 1, TimeoutSecondsPath: "$.t" })),
      [
        SCHEMA,
        "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]",
        "/States/X",
      ],
    ],
    ["a timeout by expression", only(work({ TimeoutSeconds: "{% 1 + 1 %}" }), jsonata)],
    [
      "credentials without a role",
      only(work({ Credentials: {} })),
      [SCHEMA, "The field 'RoleArn' is required but was missing", "/States/X/Credentials"],
    ],
    ["credentials by path", only(work({ Credentials: { "RoleArn.$": "$.role" } }))],
  ]);
});

test("what an Express machine can't do (LocalStack's snapshot tests, the blank at the end is AWS's)", async (context) => {
  const rows: readonly [resource: string, message: string][] = [
    [
      "arn:aws:states:us-east-1:123456789012:activity:a",
      "Express state machine does not support Activity ARN",
    ],
    [
      "arn:aws:states:::states:startExecution.sync",
      "Express state machine does not support '.sync' service integration",
    ],
    [
      "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      "Express state machine does not support '.waitForTaskToken' service integration ",
    ],
  ];
  for (const [Resource, message] of rows) {
    await context.test(Resource, () => {
      assert.deepEqual(check(only(work({ Resource })), "EXPRESS"), [
        [SCHEMA, message, "/States/X/Resource"],
      ]);
      assert.deepEqual(check(only(work({ Resource })), "STANDARD"), []);
    });
  }
  const ItemProcessor = {
    ...inner,
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" },
  };
  assert.deepEqual(check(only(map({ ItemProcessor })), "EXPRESS"), [
    [
      SCHEMA,
      "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
      "/States/X/ItemProcessor/ProcessorConfig/Mode",
    ],
  ]);
});

test("an error and its path exclude each other", () => {
  assert.deepEqual(check(only(fail({ Error: "E", ErrorPath: "$.e" }))), [
    [SCHEMA, "There should only be one of the following fields: [Error, ErrorPath]", "/States/X"],
  ]);
  assert.deepEqual(check(only(fail({ CausePath: "States.Format('{}', $.c)" }))), []);
});

test("Waits (cdk_preflight's pf-sfn-asl-wait-timing; cfn-lint issue 4075)", async (context) => {
  const fields = "[SecondsPath, Seconds, TimestampPath, Timestamp]";
  await table(context, [
    [
      "nothing",
      only(wait({})),
      [SCHEMA, `This object should have only one of the following fields: ${fields}`, "/States/X"],
    ],
    [
      "two",
      only(wait({ Seconds: 1, SecondsPath: "$.s" })),
      [SCHEMA, `There should only be one of the following fields: ${fields}`, "/States/X"],
    ],
    [
      "for too long",
      only(wait({ Seconds: 1e16 })),
      [SCHEMA, "Maximum value is 99999999", "/States/X/Seconds"],
    ],
    [
      "until no time",
      only(wait({ Timestamp: "2026-01-01" })),
      [SCHEMA, "String does not match RFC3339 timestamp", "/States/X/Timestamp"],
    ],
    ["by expression", only(wait({ Seconds: "{% $number($states.input) %}" }), jsonata)],
  ]);
});
