import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Target } from "@aws-sdk/client-eventbridge";
import { ACCOUNT, arnOf, CALLER, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "orders");
const PATTERN = '{"source":["shop"]}';

describe("a rule", () => {
  it("is told as it was put, and lists by prefix, target and page", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    for (const Name of ["b", "a1", "a2"])
      await cloud.call(CALLER, "eventbridge", "PutRule", {
        Name,
        EventPattern: PATTERN,
        Description: "orders",
        State: "DISABLED",
        Tags: [{ Key: "team", Value: "shop" }],
      });
    const rule = {
      Name: "a1",
      Arn: arnOf("events", "rule/a1"),
      EventPattern: PATTERN,
      State: "DISABLED" as const,
      Description: "orders",
      ScheduleExpression: undefined,
      RoleArn: undefined,
      EventBusName: "default",
    };
    assert.deepEqual(await cloud.call(CALLER, "eventbridge", "DescribeRule", { Name: "a1" }), {
      ...rule,
      CreatedBy: ACCOUNT,
    });
    const first = await cloud.call(CALLER, "eventbridge", "ListRules", {
      NamePrefix: "a",
      Limit: 1,
    });
    assert.deepEqual(first.Rules, [rule]);
    const NextToken = first.NextToken ?? assert.fail();
    const next = { NamePrefix: "a", Limit: 1, NextToken };
    const second = await cloud.call(CALLER, "eventbridge", "ListRules", next);
    assert.deepEqual(
      [second.Rules?.map(({ Name }) => Name), second.NextToken],
      [["a2"], undefined],
    );
    await test.targets("a2", [{ Arn: QUEUE }]);
    const named = await cloud.call(CALLER, "eventbridge", "ListRuleNamesByTarget", {
      TargetArn: QUEUE,
    });
    assert.deepEqual(named, { RuleNames: ["a2"] });
  });

  it("that is put again is replaced, but for its targets and tags", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    const Tags = [{ Key: "team", Value: "shop" }];
    const put = { Name: "r", EventPattern: PATTERN, Description: "old", Tags };
    const { RuleArn = "" } = await cloud.call(CALLER, "eventbridge", "PutRule", put);
    await test.targets("r", [{ Arn: QUEUE }]);
    await cloud.call(CALLER, "eventbridge", "PutRule", {
      Name: "r",
      EventPattern: PATTERN,
      Tags: [],
    });
    const after = await cloud.call(CALLER, "eventbridge", "DescribeRule", { Name: "r" });
    assert.equal(after.Description, undefined);
    const { Targets } = await cloud.call(CALLER, "eventbridge", "ListTargetsByRule", { Rule: "r" });
    assert.deepEqual(Targets, [{ Id: "t0", Arn: QUEUE }]);
    await cloud.call(CALLER, "eventbridge", "TagResource", {
      ResourceARN: RuleArn,
      Tags: [{ Key: "stage", Value: "test" }],
    });
    await cloud.call(CALLER, "eventbridge", "UntagResource", {
      ResourceARN: RuleArn,
      TagKeys: ["team"],
    });
    const listed = await cloud.call(CALLER, "eventbridge", "ListTagsForResource", {
      ResourceARN: RuleArn,
    });
    assert.deepEqual(listed.Tags, [{ Key: "stage", Value: "test" }]);
  });

  // As recorded on AWS in LocalStack's snapshots of test_events.py.
  it("is deleted only without targets, and then as often as one likes", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    await test.rule("r", { source: ["shop"] }, [{ Arn: QUEUE }]);
    const remove = () => cloud.call(CALLER, "eventbridge", "DeleteRule", { Name: "r" });
    await assert.rejects(remove(), {
      code: "ValidationException",
      message: "Rule can't be deleted since it has targets.",
    });
    const ids = { Rule: "r", Ids: ["t0", "t9"] };
    const removed = await cloud.call(CALLER, "eventbridge", "RemoveTargets", ids);
    assert.equal(removed.FailedEntryCount, 1);
    assert.equal(removed.FailedEntries?.[0]?.TargetId, "t9");
    await remove();
    await remove();
    await assert.rejects(cloud.call(CALLER, "eventbridge", "DescribeRule", { Name: "r" }), {
      code: "ResourceNotFoundException",
      message: "Rule r does not exist on EventBus default.",
    });
  });

  it("needs a pattern or a schedule, and a bus that is there", async () => {
    await using test = new TestCloud();
    const put = (input: Record<string, string>) =>
      test.cloud.call(CALLER, "eventbridge", "PutRule", { Name: "r", ...input });
    await assert.rejects(put({}), /EventPattern or ScheduleExpression must be specified/);
    await assert.rejects(put({ EventPattern: PATTERN, EventBusName: "none" }), {
      code: "ResourceNotFoundException",
      message: "Event bus none does not exist.",
    });
    await assert.rejects(put({ EventPattern: PATTERN, Name: "a b" }), /regular expression pattern/);
    for (const EventPattern of ["[]", '{"source":[]}', '{"source":"shop"}', "{", "{}"])
      await assert.rejects(put({ EventPattern }), {
        code: "InvalidEventPatternException",
        message: /^Event pattern is not valid\. Reason: /,
      });
  });
});

describe("TestEventPattern", () => {
  const event = {
    id: "1",
    account: ACCOUNT,
    source: "shop",
    time: "2026-01-15T12:00:00Z",
    region: "eu-central-1",
    resources: [],
    "detail-type": "order",
    detail: { total: 12 },
  };

  it("says whether an event matches a pattern", async () => {
    await using test = new TestCloud();
    const matches = async (pattern: unknown) => {
      const input = { EventPattern: JSON.stringify(pattern), Event: JSON.stringify(event) };
      return (await test.cloud.call(CALLER, "eventbridge", "TestEventPattern", input)).Result;
    };
    assert.equal(await matches({ detail: { total: [{ numeric: [">", 10] }] } }), true);
    assert.equal(await matches({ detail: { total: [{ numeric: [">", 12] }] } }), false);
  });

  it("refuses what is no pattern, and what is no event", async () => {
    await using test = new TestCloud();
    const ask = (EventPattern: string, Event: string) =>
      test.cloud.call(CALLER, "eventbridge", "TestEventPattern", { EventPattern, Event });
    await assert.rejects(ask('{"a":1}', JSON.stringify(event)), {
      code: "InvalidEventPatternException",
    });
    await assert.rejects(ask(PATTERN, "[1]"), { code: "ValidationException" });
    await assert.rejects(ask(PATTERN, '{"source":"shop"}'), /Parameter Event is not valid/);
  });
});

describe("PutTargets", () => {
  const refused: [string, Partial<Target> & { Arn: string }, RegExp][] = [
    [
      "an id with a blank",
      { Arn: QUEUE, Id: "a b" },
      /'targets\.1\.member\.id' failed to satisfy constraint: Member must satisfy regular expression pattern: \[\\\.\\-_A-Za-z0-9\]\+/,
    ],
    [
      "an id of 65 characters",
      { Arn: QUEUE, Id: "a".repeat(65) },
      /length less than or equal to 64/,
    ],
    [
      "what is no ARN",
      { Arn: "queue" },
      /^Parameter queue is not valid\. Reason: Provided Arn is not in correct format\.$/,
    ],
    [
      "a service that Flyball does not have",
      { Arn: arnOf("kinesis", "stream/s") },
      /Flyball does not deliver events to target t0/,
    ],
    [
      "a FIFO queue without a group",
      { Arn: `${QUEUE}.fifo` },
      /^Parameter\(s\) SqsParameters must be specified for target: t0\.$/,
    ],
    [
      "a state machine without a role",
      { Arn: arnOf("states", "stateMachine:m") },
      /^RoleArn is required for target /,
    ],
    [
      "two kinds of input",
      { Arn: QUEUE, Input: "{}", InputPath: "$.detail" },
      /^Only one of Input, InputPath, or InputTransformer must be provided for target t0\.$/,
    ],
    [
      "an input that is no JSON",
      { Arn: QUEUE, Input: "{" },
      /^JSON syntax error in input for target t0\.$/,
    ],
    [
      "a path in brackets",
      { Arn: QUEUE, InputPath: "$['detail']" },
      /InputPath for target t0 is invalid/,
    ],
    [
      "a placeholder without a path",
      { Arn: QUEUE, InputTransformer: { InputTemplate: '"<notdefinedkey>"' } },
      /^InputTemplate for target t0 contains invalid placeholder notdefinedkey\.$/,
    ],
    [
      "a template that is no JSON",
      { Arn: QUEUE, InputTransformer: { InputTemplate: "hello" } },
      /^Invalid InputTemplate for target t0/,
    ],
    [
      "too many retries",
      { Arn: QUEUE, RetryPolicy: { MaximumRetryAttempts: 186 } },
      /less than or equal to 185/,
    ],
    [
      "too short an age",
      { Arn: QUEUE, RetryPolicy: { MaximumEventAgeInSeconds: 59 } },
      /greater than or equal to 60/,
    ],
    [
      "a FIFO dead-letter queue",
      { Arn: QUEUE, DeadLetterConfig: { Arn: `${QUEUE}.fifo` } },
      /DeadLetterConfig is not valid/,
    ],
  ];
  for (const [what, target, message] of refused)
    it(`refuses ${what}`, async () => {
      await using test = new TestCloud();
      await test.rule("r", { source: ["shop"] }, []);
      await assert.rejects(test.targets("r", [target]), { message });
    });

  // API reference, PutTargets; the message as recorded on AWS in LocalStack's test_add_exceed_fife_targets_per_rule.
  it("takes five targets a rule, and puts one with the same id in its place", async () => {
    await using test = new TestCloud();
    await test.rule("r", { source: ["shop"] }, Array(5).fill({ Arn: QUEUE }));
    await assert.rejects(test.targets("r", [{ Arn: QUEUE, Id: "sixth" }]), {
      code: "LimitExceededException",
      message: "The requested resource exceeds the maximum number allowed.",
    });
    await test.targets("r", [{ Arn: `${QUEUE}-2` }]);
    const input = { Rule: "r", Limit: 3 };
    const first = await test.cloud.call(CALLER, "eventbridge", "ListTargetsByRule", input);
    assert.deepEqual(
      first.Targets?.map(({ Arn }) => Arn),
      [`${QUEUE}-2`, QUEUE, QUEUE],
    );
    const NextToken = first.NextToken ?? assert.fail();
    const more = await test.cloud.call(CALLER, "eventbridge", "ListTargetsByRule", {
      ...input,
      NextToken,
    });
    assert.deepEqual(
      more.Targets?.map(({ Id }) => Id),
      ["t3", "t4"],
    );
  });

  it("refuses a rule that is not there", async () => {
    await using test = new TestCloud();
    await assert.rejects(test.targets("r", [{ Arn: QUEUE }]), {
      code: "ResourceNotFoundException",
    });
  });
});
