// Run from an installed package: a schedule starts a state machine in JSONata, which sends to a queue that a pipe
// reads; a rule tells of its end. Prints what came out of it, under a clock that is moved by a day.

import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreatePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFlyball } from "flyball";

const HOUR_MS = 3_600_000;
const arnOf = (service, resource) => `arn:aws:${service}:us-east-1:000000000000:${resource}`;
const RoleArn = "arn:aws:iam::000000000000:role/r";

const flyball = await startFlyball({ clock: "virtual", startTime: Date.UTC(2026, 0, 15, 12) });
const { clientConfig, endpoint } = flyball;
const urlOf = (queue) => `${endpoint}/000000000000/${queue}`;
const sqs = new SQSClient(clientConfig);
for (const QueueName of ["in", "out"]) await sqs.send(new CreateQueueCommand({ QueueName }));

const definition = {
  QueryLanguage: "JSONata",
  StartAt: "Wait",
  States: {
    Wait: { Type: "Wait", Seconds: 3600, Next: "Send" },
    Send: {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage",
      Arguments: { QueueUrl: urlOf("in"), MessageBody: "{% $sum($states.input.numbers) %}" },
      Output: "{% $uppercase('sent') %}",
      End: true,
    },
  },
};
await new SFNClient(clientConfig).send(
  new CreateStateMachineCommand({
    name: "work",
    definition: JSON.stringify(definition),
    roleArn: RoleArn,
  }),
);
const events = new EventBridgeClient(clientConfig);
const EventPattern = '{"source":["aws.states"],"detail":{"status":["SUCCEEDED"]}}';
await events.send(new PutRuleCommand({ Name: "done", EventPattern }));
await events.send(
  new PutTargetsCommand({
    Rule: "done",
    Targets: [{ Id: "out", Arn: arnOf("sqs", "out"), InputPath: "$.detail.status" }],
  }),
);
await new PipesClient(clientConfig).send(
  new CreatePipeCommand({
    Name: "pipe",
    RoleArn,
    Source: arnOf("sqs", "in"),
    Target: arnOf("sqs", "out"),
    TargetParameters: { InputTemplate: '"piped <$.body>"' },
  }),
);
await new SchedulerClient(clientConfig).send(
  new CreateScheduleCommand({
    Name: "once",
    ScheduleExpression: "at(2026-01-15T22:00:00)",
    ScheduleExpressionTimezone: "Europe/Berlin",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: arnOf("states", "stateMachine:work"), RoleArn, Input: '{"numbers":[1,2,39]}' },
  }),
);
await flyball.advance(24 * HOUR_MS);

const { Messages = [] } = await sqs.send(
  new ReceiveMessageCommand({ QueueUrl: urlOf("out"), MaxNumberOfMessages: 10 }),
);
process.stdout.write(`${JSON.stringify(Messages.map(({ Body }) => Body).sort())}\n`);
await flyball.stop();
