import assert from "node:assert";
import { test } from "node:test";
import { ServiceError } from "../../../errors.ts";
import type { JsonObject } from "../../../states-language/definition.ts";
import { DATA_BYTES_MAX } from "../../../states-language/size.ts";
import { integrationOf } from "./integration.ts";
import { performTask } from "./perform.ts";
import { CALLER, EXECUTION_ARN, serviceError, TaskWorld } from "./testing.ts";

/**
 * Answers and errors are as AWS's own histories have them, which LocalStack's tests of Step Functions recorded: facts
 * named here by the test that recorded them, in tests/aws/services/stepfunctions/v2 of localstack/localstack.
 */

const SQS = "arn:aws:states:::sqs:sendMessage";
const SNS = "arn:aws:states:::sns:publish";
const DYNAMODB = "arn:aws:states:::dynamodb:putItem";
const EVENTS = "arn:aws:states:::events:putEvents";
const STATES = "arn:aws:states:::states:startExecution";

test("A message's body that is JSON is sent as text, and the answer has its digest's name (test_send_message)", async () => {
  await using world = new TaskWorld();
  world.answers.SendMessage = { MessageId: "m", MD5OfMessageBody: "d" };
  const parameters = { QueueUrl: "q", MessageBody: { Message: "hello" } };
  assert.deepEqual(await world.result(SQS, parameters), {
    MD5OfMessageBody: "d",
    MessageId: "m",
  });
  assert.deepEqual(world.asked, { QueueUrl: "q", MessageBody: '{"Message":"hello"}' });
  await world.perform(`${SQS}.waitForTaskToken`, { QueueUrl: "q", MessageBody: "as it is" });
  assert.deepEqual(world.asked, { QueueUrl: "q", MessageBody: "as it is" });
});

test("An optimized integration tells of the call beside the answer: its request id, and the headers twice (test_send_message)", async () => {
  await using world = new TaskWorld();
  const answer = {
    MD5OfMessageBody: "bb6cb5c68df4652941caf652a366f2d8",
    MessageId: "0ae2a32f-5209-4856-b749-6f7ed21cd597",
  };
  world.answers.SendMessage = answer;
  const result = (await world.perform(SQS, { QueueUrl: "q", MessageBody: "b" })) as JsonObject;
  const { requestId } = world.calls[0]!;
  const headers = {
    connection: "keep-alive",
    "Content-Length": "106",
    "Content-Type": "application/x-amz-json-1.0",
    Date: "Fri, 02 Jan 2026 03:04:05 GMT",
    "x-amzn-RequestId": requestId,
  };
  const lists = Object.entries(headers).map(([name, value]) => [name, [value]]);
  assert.deepEqual(result, {
    ...answer,
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(lists),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  });
});

test("The members of an answer are in the order of the alphabet (every recorded history)", async () => {
  await using world = new TaskWorld();
  world.answers.SendMessage = { SequenceNumber: "1", MessageId: "m", MD5OfMessageBody: "d" };
  const result = await world.perform(SQS, { QueueUrl: "q", MessageBody: "b" });
  assert.deepEqual(Object.keys(result as JsonObject), [
    "MD5OfMessageBody",
    "MessageId",
    "SdkHttpMetadata",
    "SdkResponseMetadata",
    "SequenceNumber",
  ]);
});

test("A notification's message that is JSON is sent as text (test_publish_base)", async () => {
  await using world = new TaskWorld();
  world.answers.Publish = { MessageId: "m" };
  const parameters = { TopicArn: "t", Message: { text: "hello" }, Subject: "s" };
  assert.deepEqual(await world.result(SNS, parameters), { MessageId: "m" });
  assert.deepEqual(world.asked, { TopicArn: "t", Message: '{"text":"hello"}', Subject: "s" });
});

test("An item of DynamoDB goes and comes as its API has it (test_base_integrations)", async () => {
  await using world = new TaskWorld();
  const Item = { id: { S: "1" }, paid: { BOOL: true }, tags: { SS: ["a"] }, none: { NULL: true } };
  world.answers.GetItem = { Item };
  const key = { TableName: "t", Key: { id: { S: "1" } } };
  assert.deepEqual(await world.result("arn:aws:states:::dynamodb:getItem", key), { Item });
  assert.deepEqual(world.asked, key);
  assert.deepEqual(await world.result(DYNAMODB, { TableName: "t", Item }), {});
  assert.deepEqual(world.asked, { TableName: "t", Item });
});

test("Events get the machine and the execution as resources, and their detail as text; the answer has no metadata (test_put_events_base)", async () => {
  await using world = new TaskWorld();
  const answer = { Entries: [{ EventId: "1" }, { EventId: "2" }], FailedEntryCount: 0 };
  world.answers.PutEvents = answer;
  const common = { DetailType: "d", Source: "s" };
  const Entries = [
    { ...common, Detail: { Message: "hello" } },
    { ...common, Detail: '{"Message": "text"}', Resources: ["queue"] },
  ];
  assert.deepEqual(await world.perform(EVENTS, { Entries }), answer);
  const added = ["arn:aws:states:us-east-1:123456789012:stateMachine:Orders", EXECUTION_ARN];
  assert.deepEqual(world.asked, {
    Entries: [
      { ...common, Detail: '{"Message":"hello"}', Resources: added },
      { ...common, Detail: '{"Message": "text"}', Resources: ["queue", ...added] },
    ],
  });
});

test("The machine of an Express execution, or of a distributed Map's, is told without what follows its name", async () => {
  await using world = new TaskWorld();
  const integration = integrationOf(EVENTS)!;
  for (const executionArn of [
    "arn:aws:states:us-east-1:123456789012:express:Orders:e:9f7d",
    "arn:aws:states:us-east-1:123456789012:execution:Orders/Each:9f7d",
  ]) {
    const options = { signal: world.cloud.stopping, executionArn, stateName: "Work" };
    await performTask(world.cloud, CALLER, integration, { Entries: [{}] }, options);
    assert.deepEqual(world.asked, {
      Entries: [
        {
          Resources: ["arn:aws:states:us-east-1:123456789012:stateMachine:Orders", executionArn],
        },
      ],
    });
  }
});

test("One event that was not taken fails the task, with the whole answer as its cause (test_put_events_mixed_malformed_detail)", async () => {
  await using world = new TaskWorld();
  const Entries = [
    { EventId: "1" },
    { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." },
  ];
  world.answers.PutEvents = { FailedEntryCount: 1, Entries };
  const { error, cause } = await world.failure(EVENTS, { Entries: [{ Detail: "x" }] });
  assert.equal(error, "EventBridge.FailedEntry");
  assert.equal(cause, JSON.stringify({ Entries, FailedEntryCount: 1 }));
});

test("An execution's input that is JSON is sent as text, and its start is told in milliseconds (test_start_execution_input_json)", async () => {
  await using world = new TaskWorld();
  const startDate = new Date("2026-01-02T03:04:05.678Z");
  world.answers.StartExecution = { executionArn: "e", startDate };
  const parameters = { StateMachineArn: "m", Name: "n", Input: { Hello: "World" } };
  assert.deepEqual(await world.result(STATES, parameters), {
    ExecutionArn: "e",
    StartDate: startDate.getTime(),
  });
  assert.deepEqual(world.asked, { stateMachineArn: "m", name: "n", input: '{"Hello":"World"}' });
  await world.perform(STATES, { ...parameters, Input: null });
  assert.deepEqual(world.asked, { stateMachineArn: "m", name: "n" });
});

test("Any action of a service's SDK is called by its names, and answers by them, without metadata (test_sfn_start_execution, test_dynamodb_put_get_item)", async () => {
  await using world = new TaskWorld();
  const startDate = new Date("2026-01-02T03:04:05.678Z");
  world.answers.StartExecution = { executionArn: "e", startDate };
  const started = await world.perform("arn:aws:states:::aws-sdk:sfn:startExecution", {
    StateMachineArn: "m",
    Input: { key: "value" },
  });
  assert.deepEqual(started, { ExecutionArn: "e", StartDate: "2026-01-02T03:04:05.678Z" });
  assert.deepEqual(world.asked, { stateMachineArn: "m", input: '{"key":"value"}' });

  world.answers.Query = { Items: [{ id: { S: "1" }, paid: { BOOL: true } }], Count: 1 };
  const queried = await world.perform("arn:aws:states:::aws-sdk:dynamodb:query", {
    TableName: "t",
  });
  assert.deepEqual(queried, { Items: [{ id: { S: "1" }, paid: { Bool: true } }], Count: 1 });

  const logEvents = [{ timestamp: 5, message: "hello" }];
  await world.perform("arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents", {
    LogGroupName: "g",
    LogStreamName: "s",
    LogEvents: [{ Timestamp: 5, Message: "hello" }],
  });
  assert.deepEqual(world.asked, { logGroupName: "g", logStreamName: "s", logEvents });
});

test("A function that an SDK's integration invokes answers as Lambda does: its failure is part of the answer", async () => {
  await using world = new TaskWorld();
  const Payload = Buffer.from('{"errorType":"E"}');
  world.answers.Invoke = { StatusCode: 200, FunctionError: "Unhandled", Payload };
  const result = await world.perform("arn:aws:states:::aws-sdk:lambda:invoke", {
    FunctionName: "f",
    Payload: { a: 1 },
  });
  assert.deepEqual(result, {
    StatusCode: 200,
    FunctionError: "Unhandled",
    Payload: '{"errorType":"E"}',
  });
});

test("A call carries the caller on: its account, its role and its chain", async () => {
  await using world = new TaskWorld();
  await world.perform(SQS, { QueueUrl: "q", MessageBody: "b" });
  await world.perform("arn:aws:states:::aws-sdk:sqs:sendMessage", { QueueUrl: "q" });
  for (const { caller } of world.calls) assert.deepEqual(caller, CALLER);
});

test("A service's error is named as each kind of integration names it, with its own cause", async () => {
  const cases: {
    recordedBy: string;
    operation: string;
    resource: string;
    thrown: ServiceError;
    error: string;
    cause: string;
  }[] = [
    {
      recordedBy: "test_put_item_no_such_table",
      operation: "PutItem",
      resource: "dynamodb:putItem",
      thrown: serviceError("ResourceNotFoundException", "Requested resource not found"),
      error: "DynamoDB.ResourceNotFoundException",
      cause:
        "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: ID; Proxy: null)",
    },
    {
      recordedBy: "test_invalid_param",
      operation: "PutItem",
      resource: "dynamodb:putItem",
      thrown: serviceError("ValidationException", "1 validation error", 400),
      error: "DynamoDB.AmazonDynamoDBException",
      cause:
        "1 validation error (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: ID; Proxy: null)",
    },
    {
      recordedBy: "test_dynamodb_invalid_param",
      operation: "PutItem",
      resource: "aws-sdk:dynamodb:putItem",
      thrown: serviceError("ValidationException", "1 validation error", 400),
      error: "DynamoDb.DynamoDbException",
      cause:
        "1 validation error (Service: DynamoDb, Status Code: 400, Request ID: ID) (SDK Attempt Count: 1)",
    },
    {
      recordedBy: "test_dynamodb_put_item_no_such_table",
      operation: "PutItem",
      resource: "aws-sdk:dynamodb:putItem",
      thrown: serviceError("ResourceNotFoundException", "Requested resource not found"),
      error: "DynamoDb.ResourceNotFoundException",
      cause:
        "Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ID) (SDK Attempt Count: 1)",
    },
    {
      recordedBy: "test_send_message_empty_body",
      operation: "SendMessage",
      resource: "sqs:sendMessage",
      thrown: serviceError(
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
        400,
      ),
      error: "SQS.AmazonSQSException",
      cause:
        "The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: ID; Proxy: null)",
    },
    {
      recordedBy: "test_publish_base_error_topic_arn",
      operation: "Publish",
      resource: "sns:publish",
      thrown: serviceError("NotFoundException", "Topic does not exist"),
      error: "SNS.NotFoundException",
      cause:
        "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: ID; Proxy: null)",
    },
    {
      recordedBy: "test_start_execution_no_such_arn",
      operation: "StartExecution",
      resource: "states:startExecution",
      thrown: serviceError("StateMachineDoesNotExist", "State Machine Does Not Exist: 'm'"),
      error: "StepFunctions.StateMachineDoesNotExistException",
      cause:
        "State Machine Does Not Exist: 'm' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: ID; Proxy: null)",
    },
    {
      recordedBy: "test_sfn_send_task_outcome_with_no_such_token",
      operation: "StartExecution",
      resource: "aws-sdk:sfn:startExecution",
      thrown: serviceError("InvalidToken", "Invalid Token: 'Invalid token'"),
      error: "Sfn.InvalidTokenException",
      cause:
        "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: ID) (SDK Attempt Count: 1)",
    },
    {
      recordedBy: "test_no_such_function",
      operation: "Invoke",
      resource: "lambda:invoke",
      thrown: serviceError("ResourceNotFoundException", "Function not found: f"),
      error: "Lambda.ResourceNotFoundException",
      cause:
        "Function not found: f (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: ID; Proxy: null)",
    },
  ];
  for (const { recordedBy, operation, resource, thrown, error, cause } of cases) {
    await using world = new TaskWorld();
    world.answers[operation] = thrown;
    const failure = await world.failure(`arn:aws:states:::${resource}`, {});
    assert.equal(failure.error, error, recordedBy);
    assert.equal(failure.cause.replace(world.calls[0]!.requestId, "ID"), cause, recordedBy);
  }
});

test("Errors that people catch are called as they catch them", async () => {
  const cases: [operation: string, resource: string, code: string, error: string][] = [
    [
      "UpdateItem",
      "dynamodb:updateItem",
      "ConditionalCheckFailedException",
      "DynamoDB.ConditionalCheckFailedException",
    ],
    [
      "UpdateItem",
      "aws-sdk:dynamodb:updateItem",
      "ConditionalCheckFailedException",
      "DynamoDb.ConditionalCheckFailedException",
    ],
    ["SendMessage", "sqs:sendMessage", "QueueDoesNotExist", "SQS.QueueDoesNotExistException"],
    [
      "SendMessage",
      "aws-sdk:sqs:sendMessage",
      "QueueDoesNotExist",
      "Sqs.QueueDoesNotExistException",
    ],
    ["SendMessage", "aws-sdk:sqs:sendMessage", "AccessDenied", "Sqs.SqsException"],
    ["Invoke", "lambda:invoke", "TooManyRequestsException", "Lambda.TooManyRequestsException"],
    ["Invoke", "lambda:invoke", "ServiceException", "Lambda.ServiceException"],
    ["Invoke", "lambda:invoke", "AccessDeniedException", "Lambda.AWSLambdaException"],
    ["Invoke", "lambda:invoke", "EC2ThrottledException", "Lambda.EC2ThrottledException"],
    ["Invoke", "aws-sdk:lambda:invoke", "EC2ThrottledException", "Lambda.Ec2ThrottledException"],
    [
      "StartExecution",
      "states:startExecution",
      "ExecutionAlreadyExists",
      "StepFunctions.ExecutionAlreadyExistsException",
    ],
    ["PutEvents", "events:putEvents", "InternalException", "EventBridge.InternalException"],
  ];
  for (const [operation, resource, code, error] of cases) {
    await using world = new TaskWorld();
    world.answers[operation] = serviceError(code, "no", 400);
    assert.equal((await world.failure(`arn:aws:states:::${resource}`, {})).error, error);
  }
});

test("A queue whose URL is none is a host that there is not (test_send_message_no_such_queue)", async () => {
  await using world = new TaskWorld();
  world.answers.SendMessage = new ServiceError("QueueDoesNotExist", "There is no such queue.");
  const { error, cause } = await world.failure(SQS, { QueueUrl: "no-queue", MessageBody: "b" });
  assert.equal(error, "SQS.SdkClientException");
  assert.equal(cause, "Unable to execute HTTP request: no-queue: Name or service not known");
});

test("Parameters that an action does not have, or of another type, are no call", async () => {
  await using world = new TaskWorld();
  const { error, cause } = await world.failure(SQS, { QueueUrl: "q", Text: "b", DelaySeconds: [] });
  assert.equal(error, "States.Runtime");
  assert.equal(
    cause,
    `The Parameters '{"QueueUrl":"q","Text":"b","DelaySeconds":[]}' could not be used to start the Task: [The field 'Text' is not supported by Step Functions, The value for the field 'DelaySeconds' must be a NUMBER]`,
  );
  assert.equal(world.calls.length, 0);
});

test("What Flyball does not have fails and says so", async () => {
  await using world = new TaskWorld();
  for (const resource of [
    "arn:aws:states:::ecs:runTask.sync",
    "arn:aws:states:::aws-sdk:s3:getObject",
    "arn:aws:states:::sqs:sendMessage.sync",
    "arn:aws:states:::aws-sdk:sfn:startExecution.sync",
  ]) {
    const { error, cause } = await world.failure(resource, {});
    assert.equal(error, "States.Runtime");
    assert.match(cause, new RegExp(`does not have the resource ${resource}`));
  }
});

test("A result above 256 KiB is refused (test_service_task_lambada_data_limit_exceeded_on_large_utf8_response)", async () => {
  await using world = new TaskWorld();
  const overhead = Buffer.byteLength('{"Item":{"id":{"S":""}}}');
  const itemOf = (bytes: number) => ({ Item: { id: { S: "é".repeat(bytes / 2) } } });
  const resource = "arn:aws:states:::aws-sdk:dynamodb:getItem";
  world.answers.GetItem = itemOf(DATA_BYTES_MAX - overhead);
  await world.perform(resource, { TableName: "t" });
  world.answers.GetItem = itemOf(DATA_BYTES_MAX - overhead + 2);
  const { error, cause } = await world.failure(resource, { TableName: "t" });
  assert.equal(error, "States.DataLimitExceeded");
  assert.equal(
    cause,
    "The state/task 'aws-sdk:dynamodb' returned a result with a size exceeding the maximum number of bytes service limit.",
  );
});

test("A task whose time is over ends with its signal's reason, begun or not", async () => {
  await using world = new TaskWorld();
  const over = new AbortController();
  const reason = new ServiceError("TimedOut", "over");
  world.answers.SendMessage = new Promise((_, reject) => {
    over.signal.addEventListener("abort", () => reject(over.signal.reason));
  });
  const sending = world.perform(SQS, { QueueUrl: "q", MessageBody: "b" }, over.signal);
  setImmediate(() => over.abort(reason));
  await assert.rejects(sending, (error) => error === reason);
  await assert.rejects(world.perform(SQS, {}, over.signal), (error) => error === reason);
  assert.equal(world.calls.length, 1);
});

test("A defect of a service is no failure of the task", async () => {
  await using world = new TaskWorld();
  const defect = new TypeError("undefined is not a function");
  world.answers.SendMessage = defect;
  await assert.rejects(world.perform(SQS, { QueueUrl: "q" }), (error) => error === defect);
});

test("A task that a stopping cloud interrupts has not failed: it is called again at the next start", async () => {
  for (const resource of [SQS, "arn:aws:lambda:us-east-1:123456789012:function:charge"]) {
    await using world = new TaskWorld();
    const { stopping } = world.cloud;
    const waiting = new Promise((_, reject) => {
      stopping.addEventListener("abort", () => reject(stopping.reason));
    });
    world.answers.SendMessage = waiting;
    world.answers.Invoke = waiting;
    const performed = world.perform(resource, {}, new AbortController().signal);
    setImmediate(() => void world.cloud.stop());
    await assert.rejects(performed, (error) => error === stopping.reason);
  }
});
