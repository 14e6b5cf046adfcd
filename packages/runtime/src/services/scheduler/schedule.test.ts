import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CreateScheduleInput } from "@aws-sdk/client-scheduler";
import type { ServiceError } from "../../errors.ts";
import { arnOf, CALLER, inputOf, QUEUE, ROLE, START, TestCloud } from "./testing.ts";

const HOUR = 3_600_000;

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "flyball-scheduler-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function refusal(code: string, message: RegExp | string) {
  return (error: ServiceError) => {
    assert.equal(error.code, code);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

test("a schedule is shown as it was made, with the defaults of what was left out", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  const arn = await world.schedule("rate(1 hour)", { Description: "each hour" });
  assert.equal(arn, arnOf("scheduler", "schedule/default/nightly"));
  assert.deepEqual(await cloud.call(CALLER, "scheduler", "GetSchedule", { Name: "nightly" }), {
    Arn: arn,
    GroupName: "default",
    Name: "nightly",
    ScheduleExpression: "rate(1 hour)",
    ScheduleExpressionTimezone: "UTC",
    Description: "each hour",
    State: "ENABLED",
    CreationDate: new Date(START),
    LastModificationDate: new Date(START),
    Target: {
      Arn: QUEUE,
      RoleArn: ROLE,
      Input: "go",
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    },
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "NONE",
  });
});

test("an update replaces all settings: what it leaves out takes its default", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  await world.schedule("rate(1 hour)", {
    Description: "each hour",
    State: "DISABLED",
    ActionAfterCompletion: "DELETE",
  });
  await world.advance(HOUR);
  await cloud.call(CALLER, "scheduler", "UpdateSchedule", inputOf("rate(2 hours)"));
  const shown = await cloud.call(CALLER, "scheduler", "GetSchedule", { Name: "nightly" });
  assert.equal(shown.Description, undefined);
  assert.equal(shown.State, "ENABLED");
  assert.equal(shown.ActionAfterCompletion, "NONE");
  assert.equal(shown.CreationDate?.getTime(), START);
  assert.equal(shown.LastModificationDate?.getTime(), START + HOUR);
});

// The first: AWS's answers in LocalStack's test_scheduler.snapshot.json.
test("what cannot be is refused", async () => {
  await using world = new TestCloud();
  const cases: [string, Partial<CreateScheduleInput>, RegExp | string][] = [
    ["cron(0 1 * * * *)", {}, "Invalid Schedule Expression cron(0 1 * * * *)."],
    ["rate(10 seconds)", {}, "Invalid Schedule Expression rate(10 seconds)."],
    ["rate( 10 minutes )", {}, "Invalid Schedule Expression rate( 10 minutes )."],
    [" rate(10 minutes)", {}, "Invalid Schedule Expression  rate(10 minutes)."],
    ["at(2021-12-31)", {}, "Invalid Schedule Expression at(2021-12-31)."],
    ["rate(0 minutes)", {}, "Invalid Schedule Expression rate(0 minutes)."],
    ["rate(1 day)", { ScheduleExpressionTimezone: "Mars/Base" }, /Mars\/Base/],
    ["rate(1 day)", { Name: "a b" }, /'a b' at 'name' failed .* pattern: \[0-9a-zA-Z-_\.\]\+/],
    ["rate(1 day)", { FlexibleTimeWindow: undefined }, /null at 'flexibleTimeWindow'/],
    [
      "rate(1 day)",
      { FlexibleTimeWindow: { Mode: "FLEXIBLE" } },
      /^MaximumWindowInMinutes must be provided/,
    ],
    [
      "rate(1 day)",
      { FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 1_441 } },
      /'flexibleTimeWindow\.maximumWindowInMinutes' .* less than or equal to 1440/,
    ],
    [
      "rate(1 day)",
      { StartDate: new Date(START - 600_000) },
      "The StartDate you specify cannot be earlier than 5 minutes ago.",
    ],
    [
      "rate(1 day)",
      { StartDate: new Date(START + 10), EndDate: new Date(START + 5) },
      "The EndDate you specify must come after the StartDate.",
    ],
  ];
  for (const [expression, more, message] of cases)
    await assert.rejects(
      world.schedule(expression, more),
      refusal("ValidationException", message),
      expression,
    );
});

test("a name is taken, unless the same request comes again with its token", async () => {
  await using world = new TestCloud();
  const arn = await world.schedule("rate(1 hour)", { ClientToken: "once" });
  assert.equal(await world.schedule("rate(1 hour)", { ClientToken: "once" }), arn);
  await assert.rejects(
    world.schedule("rate(1 hour)", { ClientToken: "twice" }),
    refusal("ConflictException", "Schedule nightly already exists."),
  );
});

test("what is not there is not found", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  const missing = refusal("ResourceNotFoundException", "Schedule nightly does not exist.");
  const Name = "nightly";
  await assert.rejects(cloud.call(CALLER, "scheduler", "GetSchedule", { Name }), missing);
  await assert.rejects(cloud.call(CALLER, "scheduler", "DeleteSchedule", { Name }), missing);
  const update = inputOf("rate(1 hour)");
  await assert.rejects(cloud.call(CALLER, "scheduler", "UpdateSchedule", update), missing);
  const noGroup = refusal("ResourceNotFoundException", "Schedule group none does not exist.");
  await assert.rejects(world.schedule("rate(1 hour)", { GroupName: "none" }), noGroup);
  const list = cloud.call(CALLER, "scheduler", "ListSchedules", { GroupName: "none" });
  await assert.rejects(list, noGroup);
});

test("schedules are listed page by page, of a group, by state and by the beginning of their names", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  await cloud.call(CALLER, "scheduler", "CreateScheduleGroup", { Name: "jobs" });
  for (const [GroupName, Name] of [
    ["default", "a1"],
    ["default", "a2"],
    ["default", "b1"],
    ["jobs", "a1"],
  ] as const)
    await world.schedule("rate(1 day)", {
      GroupName,
      Name,
      State: Name === "b1" ? "DISABLED" : "ENABLED",
    });
  const listed = async (input: object) => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const more = { ...input, MaxResults: 2, ...(NextToken && { NextToken }) };
      const page = await cloud.call(CALLER, "scheduler", "ListSchedules", more);
      for (const { GroupName, Name } of page.Schedules ?? []) names.push(`${GroupName}/${Name}`);
      NextToken = page.NextToken;
    } while (NextToken);
    return names;
  };
  assert.deepEqual(await listed({}), ["default/a1", "default/a2", "default/b1", "jobs/a1"]);
  assert.deepEqual(await listed({ GroupName: "default" }), [
    "default/a1",
    "default/a2",
    "default/b1",
  ]);
  assert.deepEqual(await listed({ NamePrefix: "a" }), ["default/a1", "default/a2", "jobs/a1"]);
  assert.deepEqual(await listed({ State: "DISABLED" }), ["default/b1"]);
});

test("a group's schedules go with it, and the default group stays", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  const Name = "jobs";
  const Tags = [{ Key: "team", Value: "red" }];
  const made = { Name, Tags };
  const { ScheduleGroupArn: ResourceArn } = await cloud.call(
    CALLER,
    "scheduler",
    "CreateScheduleGroup",
    made,
  );
  assert.equal(ResourceArn, arnOf("scheduler", "schedule-group/jobs"));
  await assert.rejects(
    cloud.call(CALLER, "scheduler", "CreateScheduleGroup", { Name }),
    refusal("ConflictException", "Schedule group jobs already exists."),
  );
  await world.schedule("rate(1 minute)", { GroupName: Name });
  await world.advance();
  assert.equal(world.received().length, 1);
  await cloud.call(CALLER, "scheduler", "DeleteScheduleGroup", { Name });
  await world.advance(HOUR);
  assert.equal(world.received().length, 1);
  const { ScheduleGroups } = await cloud.call(CALLER, "scheduler", "ListScheduleGroups", {});
  assert.deepEqual(
    ScheduleGroups?.map(({ Name, State }) => [Name, State]),
    [["default", "ACTIVE"]],
  );
  await assert.rejects(
    cloud.call(CALLER, "scheduler", "DeleteScheduleGroup", { Name: "default" }),
    refusal("ValidationException", /default/),
  );
});

test("groups have tags, and schedules have none", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  const ResourceArn = arnOf("scheduler", "schedule-group/default");
  const Tags = [
    { Key: "team", Value: "red" },
    { Key: "stage", Value: "test" },
  ];
  await cloud.call(CALLER, "scheduler", "TagResource", { ResourceArn, Tags });
  await cloud.call(CALLER, "scheduler", "UntagResource", { ResourceArn, TagKeys: ["stage"] });
  assert.deepEqual(await cloud.call(CALLER, "scheduler", "ListTagsForResource", { ResourceArn }), {
    Tags: [{ Key: "team", Value: "red" }],
  });
  const { ScheduleGroups } = await cloud.call(CALLER, "scheduler", "ListScheduleGroups", {});
  assert.equal(ScheduleGroups?.length, 1);
  const schedule = await world.schedule("rate(1 hour)");
  await assert.rejects(
    cloud.call(CALLER, "scheduler", "TagResource", { ResourceArn: schedule, Tags }),
    refusal("ValidationException", /is not the ARN of a schedule group/),
  );
});

// EventBridge Scheduler user guide, "Deleting a schedule", "Deletion after schedule completion".
test("a schedule is deleted after its last invocation, when it is to be", async () => {
  await using world = new TestCloud();
  const { cloud } = world;
  const ActionAfterCompletion = "DELETE";
  await world.schedule("at(2026-01-15T13:00:00)", { Name: "once", ActionAfterCompletion });
  const EndDate = new Date(START + HOUR);
  await world.schedule("rate(40 minutes)", { Name: "often", ActionAfterCompletion, EndDate });
  await world.schedule("at(2026-01-15T13:00:00)", { Name: "stays" });
  const names = async () => {
    const { Schedules = [] } = await cloud.call(CALLER, "scheduler", "ListSchedules", {});
    return Schedules.map(({ Name }) => Name);
  };
  await world.advance(HOUR / 2);
  assert.deepEqual(await names(), ["often", "once", "stays"]);
  await world.advance(HOUR);
  assert.deepEqual(await names(), ["stays"]);
  assert.equal(world.received().length, 4);
});

test("accounts and Regions have their own schedules and groups", async () => {
  await using world = new TestCloud();
  const elsewhere = { ...CALLER, region: "us-east-1" };
  await world.schedule("rate(1 hour)");
  await world.schedule("rate(1 hour)", { caller: elsewhere });
  const { Schedules } = await world.cloud.call(elsewhere, "scheduler", "ListSchedules", {});
  assert.equal(Schedules?.length, 1);
});

test("schedules go on after a restart, and what fell due meanwhile is made up for once", async () => {
  await using directory = await temporaryDirectory();
  const left = new TestCloud({ directory: directory.path });
  await left.schedule("rate(10 minutes)", { Name: "often" });
  await left.schedule("at(2026-01-15T12:30:00)", { Name: "once", target: { Input: "once" } });
  await left.advance(15 * 60_000);
  assert.equal(left.received().length, 2);
  await left.cloud.stop();

  const startTime = START + HOUR + 1_000;
  await using world = new TestCloud({ directory: directory.path, startTime });
  await world.advance(10 * 60_000);
  assert.deepEqual(
    world.received().map(({ at, body }) => [at / 1_000, body]),
    [
      [0, "go"],
      [0, "once"],
      [599, "go"],
    ],
  );
  assert.deepEqual(world.defects, []);
});
