import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ACCOUNT, arnOf, CALLER, START, TestCloud } from "./testing.ts";

describe("an event bus", () => {
  it("is made, told, changed, listed and deleted", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    const EventBusArn = arnOf("events", "event-bus/shop");
    const DeadLetterConfig = { Arn: arnOf("sqs", "dead") };
    const made = await cloud.call(CALLER, "eventbridge", "CreateEventBus", {
      Name: "shop",
      Description: "orders",
      DeadLetterConfig,
      Tags: [{ Key: "team", Value: "shop" }],
    });
    assert.equal(made.EventBusArn, EventBusArn);
    await test.advance(1_000);
    await cloud.call(CALLER, "eventbridge", "UpdateEventBus", { Name: "shop", Description: "new" });
    const bus = await cloud.call(CALLER, "eventbridge", "DescribeEventBus", { Name: EventBusArn });
    assert.deepEqual(
      [bus.Name, bus.Arn, bus.Description, bus.DeadLetterConfig, bus.Policy],
      ["shop", EventBusArn, "new", undefined, undefined],
    );
    assert.deepEqual(
      [bus.CreationTime?.getTime(), bus.LastModifiedTime?.getTime()],
      [START, START + 1_000],
    );
    const tags = await cloud.call(CALLER, "eventbridge", "ListTagsForResource", {
      ResourceARN: EventBusArn,
    });
    assert.deepEqual(tags.Tags, [{ Key: "team", Value: "shop" }]);
    const names = async (NamePrefix?: string) => {
      const filter = NamePrefix === undefined ? {} : { NamePrefix };
      const { EventBuses } = await cloud.call(CALLER, "eventbridge", "ListEventBuses", filter);
      return EventBuses?.map(({ Name }) => Name);
    };
    assert.deepEqual(await names(), ["default", "shop"]);
    assert.deepEqual(await names("sh"), ["shop"]);
    await cloud.call(CALLER, "eventbridge", "DeleteEventBus", { Name: "shop" });
    await cloud.call(CALLER, "eventbridge", "DeleteEventBus", { Name: "shop" });
    assert.deepEqual(await names(), ["default"]);
  });

  // As recorded on AWS in LocalStack's snapshots of test_events.py.
  it("is refused twice, in no place, and with rules on it undeletable", async () => {
    await using test = new TestCloud();
    const create = (Name: string) =>
      test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name });
    await create("shop");
    await assert.rejects(create("shop"), {
      code: "ResourceAlreadyExistsException",
      message: "Event bus shop already exists.",
    });
    await assert.rejects(create("default"), { code: "ResourceAlreadyExistsException" });
    await assert.rejects(create("a b"), { code: "ValidationException" });
    await test.rule("r", { source: ["shop"] }, [], { bus: "shop" });
    const remove = (Name: string) =>
      test.cloud.call(CALLER, "eventbridge", "DeleteEventBus", { Name });
    await assert.rejects(remove("shop"), { code: "ValidationException" });
    await assert.rejects(remove("default"), { message: "Cannot delete event bus default." });
    await assert.rejects(
      test.cloud.call(CALLER, "eventbridge", "DescribeEventBus", { Name: "none" }),
      {
        code: "ResourceNotFoundException",
        message: "Event bus none does not exist.",
      },
    );
  });

  // As recorded on AWS in LocalStack's snapshot of test_put_permission.
  it("keeps its policy, statement by statement or whole", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    const policy = async () => {
      const { Policy } = await cloud.call(CALLER, "eventbridge", "DescribeEventBus", {});
      return Policy === undefined ? undefined : JSON.parse(Policy);
    };
    const allow = (StatementId: string, Principal: string) =>
      cloud.call(CALLER, "eventbridge", "PutPermission", {
        Action: "events:PutEvents",
        StatementId,
        Principal,
      });
    await allow("one", "210987654321");
    await allow("all", "*");
    await allow("one", ACCOUNT);
    const statement = (Sid: string, Principal: unknown) => ({
      Sid,
      Effect: "Allow",
      Principal,
      Action: "events:PutEvents",
      Resource: arnOf("events", "event-bus/default"),
    });
    assert.deepEqual(await policy(), {
      Version: "2012-10-17",
      Statement: [statement("all", "*"), statement("one", { AWS: `arn:aws:iam::${ACCOUNT}:root` })],
    });
    const remove = (StatementId: string) =>
      cloud.call(CALLER, "eventbridge", "RemovePermission", { StatementId });
    await remove("all");
    await assert.rejects(remove("all"), {
      code: "ResourceNotFoundException",
      message: "Statement with the provided id does not exist.",
    });
    const Statement = [{ Sid: "s", Effect: "Allow", Principal: "*", Action: "events:*" }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await cloud.call(CALLER, "eventbridge", "PutPermission", { Policy });
    assert.deepEqual(await policy(), { Version: "2012-10-17", Statement });
    await cloud.call(CALLER, "eventbridge", "RemovePermission", { RemoveAllPermissions: true });
    assert.equal(await policy(), undefined);
  });
});
