import assert from "node:assert";
import { test } from "node:test";
import { integrationOf, unrecognized } from "./integration.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge";
const ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:approve";

test("The ARN of a function, of its version or alias, is a function to invoke", () => {
  for (const functionArn of [FUNCTION, `${FUNCTION}:7`, `${FUNCTION}:live`, `${FUNCTION}:$LATEST`])
    assert.deepEqual(integrationOf(functionArn), { kind: "lambda", functionArn });
});

test("The ARN of an activity is an activity", () => {
  assert.deepEqual(integrationOf(ACTIVITY), { kind: "activity", activityArn: ACTIVITY });
});

test("A service's action comes with its pattern, and is called as histories call it", () => {
  const resources = {
    "lambda:invoke": ["lambda", "invoke", "requestResponse"],
    "sqs:sendMessage.waitForTaskToken": ["sqs", "sendMessage", "waitForTaskToken"],
    "states:startExecution.sync": ["states", "startExecution", "sync"],
    "states:startExecution.sync:2": ["states", "startExecution", "sync"],
    "aws-sdk:sfn:startSyncExecution": ["aws-sdk:sfn", "startSyncExecution", "requestResponse"],
    "aws-sdk:sqs:sendMessage.waitForTaskToken": ["aws-sdk:sqs", "sendMessage", "waitForTaskToken"],
  };
  for (const [text, [resourceType, action, pattern]] of Object.entries(resources))
    assert.deepEqual(integrationOf(`arn:aws:states:::${text}`), {
      kind: "service",
      resourceType,
      resource: text.slice(`${resourceType}:`.length),
      action,
      pattern,
    });
  assert.equal(integrationOf("arn:aws-cn:states:::sqs:sendMessage")?.kind, "service");
});

test("What is none of these is no integration", () => {
  for (const resource of [
    "charge",
    "arn:aws:lambda:us-east-1:123456789012:layer:tools:1",
    "arn:aws:states:::sqs",
    "arn:aws:states:::sqs:sendMessage.later",
    "arn:aws:states:::sqs:sendMessage.sync:3",
    "arn:aws:states:::aws-sdk:sqs",
    "arn:aws:states:::activity:approve",
    "arn:aws:sqs:us-east-1:123456789012:queue",
  ])
    assert.equal(integrationOf(resource), undefined, resource);
});

test("A definition may name what AWS has: Flyball's services by their actions and patterns, others by any", async () => {
  for (const resource of [
    FUNCTION,
    ACTIVITY,
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::dynamodb:updateItem",
    "arn:aws:states:::aws-sdk:dynamodb:batchWriteItem",
    "arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents.waitForTaskToken",
    "arn:aws:states:::ecs:runTask.sync",
    "arn:aws:states:::aws-sdk:s3:getObject",
  ])
    assert.equal(await unrecognized(resource), undefined, resource);
});

test("A resource that AWS has not is told in its words", async () => {
  for (const resource of [
    "charge",
    "arn:aws:states:::dynamodb:query",
    "arn:aws:states:::dynamodb:getItem.waitForTaskToken",
    "arn:aws:states:::sqs:sendMessage.sync",
    "arn:aws:states:::lambda:invokeAsync",
    "arn:aws:states:::aws-sdk:sqs:sendMessages",
    "arn:aws:states:::aws-sdk:sqs:SendMessage",
    "arn:aws:states:::aws-sdk:sfn:startExecution.sync",
    "arn:aws:states:::aws-sdk:lambda:invokeAsync",
  ])
    assert.equal(
      await unrecognized(resource),
      `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
    );
});
