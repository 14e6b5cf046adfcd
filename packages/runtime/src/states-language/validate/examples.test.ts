import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../definition.ts";
import { validateDefinition } from "./validate.ts";

const lambda = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
const service = (name: string) => `arn:aws:states:::${name}`;

/**
 * Machines of the kinds that the States Language's specification and the developer guide show: each field and each
 * pattern that they use is in one of these.
 */
const machines: Readonly<Record<string, JsonObject>> = {
  "one task, with a comment and a version": {
    Comment: "Says hello",
    Version: "1.0",
    TimeoutSeconds: 300,
    StartAt: "Hello",
    States: { Hello: { Type: "Task", Resource: lambda("hello"), Comment: "no input", End: true } },
  },
  "payload templates and the Context object": {
    StartAt: "Call",
    States: {
      Call: {
        Type: "Task",
        Resource: service("lambda:invoke"),
        InputPath: "$.order",
        Parameters: {
          "FunctionName.$": "$.function",
          Payload: {
            "id.$": "$$.Execution.Id",
            fixed: [1, null, { "last.$": "$.items[-1:]" }],
            "all.$": "$",
          },
        },
        ResultSelector: { "status.$": "$.StatusCode", "id.$": "States.UUID()" },
        ResultPath: "$.call.result",
        OutputPath: "$.call",
        TimeoutSecondsPath: "$.limits.timeout",
        HeartbeatSecondsPath: "$.limits['heart beat']",
        End: true,
      },
    },
  },
  "retriers and catchers": {
    StartAt: "Try",
    States: {
      Try: {
        Type: "Task",
        Resource: lambda("flaky"),
        TimeoutSeconds: 60,
        HeartbeatSeconds: 10,
        Retry: [
          {
            ErrorEquals: ["ErrorA", "ErrorB"],
            IntervalSeconds: 1,
            BackoffRate: 2.0,
            MaxAttempts: 2,
          },
          {
            ErrorEquals: ["Lambda.TooManyRequestsException"],
            MaxDelaySeconds: 5,
            JitterStrategy: "FULL",
          },
          { ErrorEquals: ["States.ALL"], MaxAttempts: 0 },
        ],
        Catch: [
          {
            ErrorEquals: ["States.TaskFailed", "States.Timeout"],
            ResultPath: "$.error",
            Next: "Recover",
          },
          { ErrorEquals: ["States.ALL"], Next: "Give up" },
        ],
        Next: "Done",
      },
      Recover: {
        Type: "Pass",
        Result: { recovered: true },
        ResultPath: "$.recovery",
        Next: "Done",
      },
      "Give up": {
        Type: "Fail",
        Error: "Gave.Up",
        CausePath: "States.Format('after {}', $.Error)",
      },
      Done: { Type: "Succeed" },
    },
  },
  "choices of every shape": {
    StartAt: "Decide",
    States: {
      Decide: {
        Type: "Choice",
        Choices: [
          { Not: { Variable: "$.type", StringEquals: "Private" }, Next: "Public" },
          {
            And: [
              { Variable: "$.value", IsPresent: true },
              { Variable: "$.value", IsNumeric: true },
              { Variable: "$.value", NumericGreaterThanEquals: 20 },
              { Variable: "$.value", NumericLessThanPath: "$.limit" },
            ],
            Next: "Twenties",
          },
          {
            Or: [
              { Variable: "$.when", TimestampLessThan: "2026-03-14T01:59:00Z" },
              { Variable: "$.log", StringMatches: "*.log" },
              { Variable: "$.ok", BooleanEqualsPath: "$$.Execution.Input.ok" },
            ],
            Next: "Twenties",
          },
        ],
        Default: "Public",
      },
      Public: { Type: "Pass", Next: "Record" },
      Twenties: { Type: "Wait", SecondsPath: "$.seconds", Next: "Record" },
      Record: {
        Type: "Task",
        Resource: service("dynamodb:putItem"),
        Parameters: { TableName: "t" },
        End: true,
      },
    },
  },
  "waits of every kind, in a row": {
    StartAt: "A",
    States: {
      A: { Type: "Wait", Seconds: 0, Next: "B" },
      B: { Type: "Wait", Timestamp: "2026-03-14T01:59:00.123+01:00", Next: "C" },
      C: { Type: "Wait", TimestampPath: "$.until", End: true },
    },
  },
  "branches side by side": {
    StartAt: "Both",
    States: {
      Both: {
        Type: "Parallel",
        Parameters: { "who.$": "$.customer" },
        Branches: [
          {
            StartAt: "Address",
            States: { Address: { Type: "Task", Resource: lambda("address"), End: true } },
          },
          { StartAt: "Phone", Comment: "second", States: { Phone: { Type: "Succeed" } } },
        ],
        ResultSelector: { "address.$": "$[0]" },
        Retry: [{ ErrorEquals: ["States.ALL"] }],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Sorry" }],
        End: true,
      },
      Sorry: { Type: "Fail", ErrorPath: "$.Error", Cause: "" },
    },
  },
  "an inline Map in a Map": {
    StartAt: "Orders",
    States: {
      Orders: {
        Type: "Map",
        InputPath: "$.detail",
        ItemsPath: "$.shipped",
        MaxConcurrency: 0,
        ItemSelector: {
          "parcel.$": "$$.Map.Item.Value",
          "at.$": "$$.Map.Item.Index",
          "courier.$": "$.courier",
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "Parts",
          States: {
            Parts: {
              Type: "Map",
              MaxConcurrencyPath: "$.lanes",
              Iterator: { StartAt: "Part", States: { Part: { Type: "Pass", End: true } } },
              End: true,
            },
          },
        },
        ResultPath: "$.detail.shipped",
        End: true,
      },
    },
  },
  "a distributed Map over a file": {
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        Label: "Each-1",
        ItemReader: {
          Resource: service("s3:getObject"),
          ReaderConfig: {
            InputType: "CSV",
            CSVHeaderLocation: "GIVEN",
            CSVHeaders: ["id"],
            MaxItems: 10,
          },
          Parameters: { Bucket: "b", "Key.$": "$.key" },
        },
        ItemBatcher: {
          MaxItemsPerBatch: 100,
          MaxInputBytesPerBatchPath: "$.bytes",
          BatchInput: { "x.$": "$.x" },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" },
          StartAt: "One",
          States: { One: { Type: "Task", Resource: service("lambda:invoke"), End: true } },
        },
        ToleratedFailurePercentage: 5.5,
        ToleratedFailureCountPath: "$.tolerated",
        ResultWriter: {
          Resource: service("s3:putObject"),
          Parameters: { Bucket: "b", Prefix: "p" },
        },
        End: true,
      },
    },
  },
  "callbacks, jobs, activities and the SDK": {
    StartAt: "Ask",
    States: {
      Ask: {
        Type: "Task",
        Resource: service("sqs:sendMessage.waitForTaskToken"),
        Parameters: { QueueUrl: "q", MessageBody: { "token.$": "$$.Task.Token" } },
        HeartbeatSeconds: 600,
        Next: "Run",
      },
      Run: { Type: "Task", Resource: service("states:startExecution.sync:2"), Next: "Work" },
      Work: {
        Type: "Task",
        Resource: "arn:aws:states:us-east-1:123456789012:activity:a",
        Next: "List",
      },
      List: {
        Type: "Task",
        Resource: service("aws-sdk:s3:listBuckets"),
        Credentials: { "RoleArn.$": "$.role" },
        End: true,
      },
    },
  },
  "variables, and both languages": {
    StartAt: "Set",
    States: {
      Set: { Type: "Pass", Assign: { "x.$": "$.x", list: [], _y1: 2, größe: 3 }, Next: "Compute" },
      Compute: {
        Type: "Pass",
        QueryLanguage: "JSONata",
        Assign: { x: "{% $x + 1 %}" },
        Output: { "sum of all": "{% $sum([$x, $states.input.y]) %}" },
        Next: "Read",
      },
      Read: {
        Type: "Pass",
        Parameters: { "x.$": "$x", "y.$": "States.MathAdd($x, 1)" },
        End: true,
      },
    },
  },
  "JSONata throughout": {
    QueryLanguage: "JSONata",
    StartAt: "Look",
    States: {
      Look: {
        Type: "Choice",
        Choices: [
          {
            Condition: "{% $exists($states.input.n) and $states.input.n > 3 %}",
            Next: "Each",
            Assign: { big: true },
          },
          { Condition: false, Next: "Stop" },
        ],
        Default: "Rest",
        Output: "{% $states.input %}",
      },
      Rest: { Type: "Wait", Seconds: "{% $states.input.n %}", Next: "Stop" },
      Each: {
        Type: "Map",
        Items: "{% [1..$states.input.n] %}",
        MaxConcurrency: "{% $states.input.lanes %}",
        ItemSelector: { v: "{% $states.context.Map.Item.Value %}" },
        ItemProcessor: {
          StartAt: "Do",
          States: {
            Do: {
              Type: "Task",
              Resource: service("lambda:invoke"),
              Arguments: { FunctionName: lambda("f"), Payload: "{% $states.input.v %}" },
              TimeoutSeconds: "{% $states.context.Execution.Input.seconds %}",
              Catch: [
                {
                  ErrorEquals: ["States.ALL"],
                  Next: "Log",
                  Output: "{% $states.errorOutput.Cause %}",
                  Assign: { failed: "{% $states.errorOutput.Error %}" },
                },
              ],
              Output: "{% $states.result.Payload %}",
              End: true,
            },
            Log: { Type: "Succeed", Output: "{% $states.input %}" },
          },
        },
        Output: "{% $states.result[$ > 1] %}",
        Next: "Stop",
      },
      Stop: { Type: "Fail", Error: "{% 'Too' & 'Few' %}", Cause: "{% $string($states.input) %}" },
    },
  },
};

for (const [name, machine] of Object.entries(machines)) {
  test(`a valid machine: ${name}`, () => {
    const { definition, diagnostics } = validateDefinition(JSON.stringify(machine));
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(definition, machine);
  });
}
