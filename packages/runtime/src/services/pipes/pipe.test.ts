import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CreatePipeRequest } from "@aws-sdk/client-pipes";
import type { ServiceError } from "../../errors.ts";
import { arnOf, CALLER, FUNCTION, PIPE, ROLE, SOURCE, START, TestCloud, until } from "./testing.ts";

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "flyball-pipes-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function refusal(code: string, message: RegExp) {
  return (error: ServiceError) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test("a pipe is shown as it was made, with its source's defaults", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  const { cloud } = world;
  const created = await cloud.call(CALLER, "pipes", "CreatePipe", {
    Name: "flow",
    Description: "a flow",
    Source: SOURCE,
    Target: FUNCTION,
    RoleArn: ROLE,
    Tags: { team: "red" },
    LogConfiguration: {
      Level: "ERROR",
      CloudwatchLogsLogDestination: { LogGroupArn: arnOf("logs", "log-group:pipes") },
    },
  });
  const summary = {
    Arn: PIPE,
    Name: "flow",
    DesiredState: "RUNNING",
    CreationTime: new Date(START),
    LastModifiedTime: new Date(START),
  };
  assert.deepEqual(created, { ...summary, CurrentState: "CREATING" });
  await world.atRest();
  const { Name } = summary;
  assert.deepEqual(await cloud.call(CALLER, "pipes", "DescribePipe", { Name }), {
    ...summary,
    CurrentState: "RUNNING",
    Description: "a flow",
    Source: SOURCE,
    SourceParameters: { SqsQueueParameters: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0 } },
    Target: FUNCTION,
    RoleArn: ROLE,
    LogConfiguration: {
      Level: "ERROR",
      CloudwatchLogsLogDestination: { LogGroupArn: arnOf("logs", "log-group:pipes") },
    },
    Tags: { team: "red" },
  });
});

test("a pipe stops, starts and goes, each in its own time", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  await world.queue("source");
  await world.pipe();
  const Name = "flow";
  const stopping = await cloud.call(CALLER, "pipes", "StopPipe", { Name });
  assert.equal(stopping.CurrentState, "STOPPING");
  assert.equal(stopping.DesiredState, "STOPPED");
  await world.atRest();
  assert.equal(await world.state(), "STOPPED");
  await world.send("kept");
  await world.advance(1_000);
  assert.equal(world.taken.length, 0);
  const starting = await cloud.call(CALLER, "pipes", "StartPipe", { Name });
  assert.equal(starting.CurrentState, "STARTING");
  await assert.rejects(
    cloud.call(CALLER, "pipes", "StopPipe", { Name }),
    refusal("ConflictException", /while it is STARTING/),
  );
  await until(() => world.taken.length === 1);
  assert.equal(await world.state(), "RUNNING");
  const deleting = await cloud.call(CALLER, "pipes", "DeletePipe", { Name });
  assert.equal(deleting.CurrentState, "DELETING");
  await until(async () => {
    const { Pipes } = await cloud.call(CALLER, "pipes", "ListPipes", {});
    return Pipes?.length === 0;
  });
  await assert.rejects(
    cloud.call(CALLER, "pipes", "DescribePipe", { Name }),
    refusal("NotFoundException", /^Pipe flow does not exist\.$/),
  );
});

test("an update leaves alone what it does not name, and takes effect at once", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  await world.queue("source");
  await world.pipe({ Description: "first", TargetParameters: { InputTemplate: "<$.body>" } });
  const Target = arnOf("lambda", "function:other");
  const updated = await cloud.call(CALLER, "pipes", "UpdatePipe", {
    Name: "flow",
    RoleArn: ROLE,
    Target,
    SourceParameters: { SqsQueueParameters: { BatchSize: 1 } },
  });
  assert.equal(updated.CurrentState, "UPDATING");
  await world.atRest();
  const shown = await cloud.call(CALLER, "pipes", "DescribePipe", { Name: "flow" });
  assert.equal(shown.Description, "first");
  assert.equal(shown.Target, Target);
  assert.deepEqual(shown.SourceParameters, {
    SqsQueueParameters: { BatchSize: 1, MaximumBatchingWindowInSeconds: 0 },
  });
  const asked: unknown[] = [];
  world.answers.set(Target, (input) => void asked.push(input));
  await world.send("a", "b");
  await until(() => asked.length === 2);
  assert.deepEqual(asked, [["a"], ["b"]]);
});

test("a pipe whose source is not there fails to be created, says why, and can be started later", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  await world.pipe();
  const shown = await cloud.call(CALLER, "pipes", "DescribePipe", { Name: "flow" });
  assert.equal(shown.CurrentState, "CREATE_FAILED");
  assert.match(shown.StateReason ?? "", /^QueueDoesNotExist: /);
  await world.queue("source");
  await cloud.call(CALLER, "pipes", "StartPipe", { Name: "flow" });
  await world.atRest();
  assert.equal(await world.state(), "RUNNING");
  await world.send("a");
  await until(() => world.taken.length === 1);
});

test("what a pipe cannot be is refused", async () => {
  await using world = new TestCloud();
  const stream = arnOf("dynamodb", "table/orders/stream/2026-01-15T12:00:00.000");
  const StartingPosition = "LATEST" as const;
  const cases: [Partial<CreatePipeRequest>, RegExp][] = [
    [{ Name: "a b" }, /'a b' at 'name' failed to satisfy constraint/],
    [{ RoleArn: undefined }, /null at 'roleArn' failed .* Member must not be null/],
    [{ Source: arnOf("kinesis", "stream/s") }, /"Source".* is not supported: Flyball reads pipes/],
    [{ Target: arnOf("kinesis", "stream/s") }, /"Target".* is not supported: Flyball's pipes go/],
    [{ Enrichment: arnOf("sqs", "q") }, /"Enrichment".* is not supported/],
    // hashicorp/terraform-provider-aws, issue 32018.
    [
      { Source: stream },
      /^\{"ValidationErrorFields":\[\{"Name":"SourceParameters\.DynamoDBStreamParameters","Message":"Missing required parameter\."\}\]\}$/,
    ],
    [
      { SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } },
      /^Maximum batch window in seconds must be greater than 0 if maximum batch size is greater/,
    ],
    [
      {
        Target: arnOf("sqs", "target"),
        SourceParameters: {
          SqsQueueParameters: { BatchSize: 11, MaximumBatchingWindowInSeconds: 1 },
        },
      },
      /^BatchSize 11 is larger than what the target takes at once, 10\.$/,
    ],
    [
      {
        Source: stream,
        SourceParameters: {
          DynamoDBStreamParameters: { StartingPosition, ParallelizationFactor: 11 },
        },
      },
      /'sourceParameters\.dynamoDBStreamParameters\.parallelizationFactor'/,
    ],
    [
      { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: "no JSON" }] } } },
      /^Invalid filter pattern no JSON/,
    ],
    [{ Target: arnOf("sqs", "target.fifo") }, /MessageGroupId/],
  ];
  for (const [input, message] of cases)
    await assert.rejects(world.pipe(input), refusal("ValidationException", message));
  await world.queue("source");
  await world.pipe();
  await assert.rejects(world.pipe(), refusal("ConflictException", /^Pipe flow already exists\.$/));
});

test("pipes are listed page by page, by the beginnings of their names, sources and targets, and by state", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  for (const Name of ["a1", "a2", "b1"])
    await world.pipe({ Name, DesiredState: Name === "b1" ? "STOPPED" : "RUNNING" });
  const listed = async (input: object) => {
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const more = { ...input, Limit: 2, ...(NextToken && { NextToken }) };
      const page = await world.cloud.call(CALLER, "pipes", "ListPipes", more);
      names.push(...(page.Pipes ?? []).map(({ Name }) => Name));
      NextToken = page.NextToken;
    } while (NextToken);
    return names;
  };
  assert.deepEqual(await listed({}), ["a1", "a2", "b1"]);
  assert.deepEqual(await listed({ NamePrefix: "a" }), ["a1", "a2"]);
  assert.deepEqual(await listed({ CurrentState: "STOPPED" }), ["b1"]);
  assert.deepEqual(await listed({ SourcePrefix: "arn:aws:dynamodb" }), []);
});

test("pipes have tags", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  await world.pipe({ Tags: { team: "red" } });
  const { cloud } = world;
  const resourceArn = PIPE;
  await cloud.call(CALLER, "pipes", "TagResource", { resourceArn, tags: { stage: "test" } });
  await cloud.call(CALLER, "pipes", "UntagResource", { resourceArn, tagKeys: ["team"] });
  assert.deepEqual(await cloud.call(CALLER, "pipes", "ListTagsForResource", { resourceArn }), {
    tags: { stage: "test" },
  });
});

test("pipes go on after a restart where they were", async () => {
  await using directory = await temporaryDirectory();
  const left = new TestCloud({ directory: directory.path });
  await left.queue("source");
  await left.pipe({ Name: "queue" });
  await left.pipe({ Name: "stopped", DesiredState: "STOPPED" });
  const Source = await left.table();
  const DynamoDBStreamParameters = { StartingPosition: "TRIM_HORIZON" as const };
  await left.pipe({ Name: "table", Source, SourceParameters: { DynamoDBStreamParameters } });
  await left.put("a");
  await until(() => left.taken.length === 1);
  await left.advance();
  await left.cloud.stop();
  assert.deepEqual(left.defects, []);

  await using world = new TestCloud({ directory: directory.path });
  await world.put("b");
  await world.send("message");
  await until(() => world.taken.length === 2);
  await world.advance(1_000);
  assert.equal(world.taken.length, 2);
  assert.deepEqual(
    world.taken
      .flatMap(({ input }) => input)
      .map((record) => record.body ?? record.dynamodb.Keys.id.S)
      .sort(),
    ["b", "message"],
  );
  assert.equal(await world.state("stopped"), "STOPPED");
});

test("a cloud stops at once though a function still runs", async () => {
  const world = new TestCloud();
  await world.queue("source");
  await world.pipe();
  world.answers.set(FUNCTION, () => new Promise(() => {}));
  await world.send("never ends");
  await until(() => world.taken.length === 1);
  await world.cloud.stop();
  assert.deepEqual(world.defects, []);
});
