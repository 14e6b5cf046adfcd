import assert from "node:assert/strict";
import { test } from "node:test";
import { caller, machinesCloud, passDefinition, roleArn } from "./testing.ts";

// AWS's answers: test_sfn_api_tagging.snapshot.json and test_sfn_api_activities.snapshot.json of
// localstack/localstack, which were recorded from AWS.

const machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:orders";
const activity = "arn:aws:states:eu-central-1:123456789012:activity:pack";

async function withBoth() {
  const cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", {
    name: "orders",
    definition: passDefinition(),
    roleArn,
    publish: true,
    tags: [{ key: "team", value: "shop" }],
  });
  await cloud.call(caller, "sfn", "CreateActivity", {
    name: "pack",
    tags: [{ key: "team", value: "shop" }],
  });
  return cloud;
}

test("machines and activities are tagged, untagged, and tell their tags", async () => {
  await using cloud = await withBoth();
  for (const resourceArn of [machine, activity]) {
    await cloud.call(caller, "sfn", "TagResource", {
      resourceArn,
      tags: [
        { key: "team", value: "core" },
        { key: "stage", value: "" },
      ],
    });
    await cloud.call(caller, "sfn", "UntagResource", { resourceArn, tagKeys: ["none", "stage"] });
    const { tags } = await cloud.call(caller, "sfn", "ListTagsForResource", { resourceArn });
    assert.deepEqual(tags, [{ key: "team", value: "core" }]);
  }
});

test("versions have no tags, and neither has what does not exist", async () => {
  await using cloud = await withBoth();
  for (const resourceArn of [`${machine}:1`, `${machine}2`, `${activity}2`])
    await assert.rejects(cloud.call(caller, "sfn", "TagResource", { resourceArn, tags: [] }), {
      code: "ResourceNotFound",
      message: `Resource not found: '${resourceArn}'`,
    });
  await assert.rejects(
    cloud.call(caller, "sfn", "ListTagsForResource", { resourceArn: "orders" }),
    { code: "InvalidArn" },
  );
});

test("tags are fifty at most, and their keys and values of limited length", async () => {
  await using cloud = await withBoth();
  const tagged = (tags: { key: string; value: string }[]) =>
    cloud.call(caller, "sfn", "TagResource", { resourceArn: machine, tags });
  const many = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: "v" }));
  await assert.rejects(tagged(many), {
    code: "TooManyTags",
    fields: { resourceName: machine },
  });
  await tagged(many.slice(1));
  await assert.rejects(tagged([{ key: "", value: "v" }]), {
    code: "ValidationException",
    message:
      "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
  });
  await assert.rejects(tagged([{ key: "k", value: "v".repeat(257) }]), {
    code: "ValidationException",
  });
  await assert.rejects(tagged([{ key: "aws:k", value: "v" }]), { code: "ValidationException" });
});

test("an activity is made once, described, listed and deleted", async () => {
  await using cloud = await withBoth();
  const created = await cloud.call(caller, "sfn", "CreateActivity", { name: "pack" });
  const creationDate = new Date(cloud.clock.now());
  assert.deepEqual(created, { activityArn: activity, creationDate });
  assert.deepEqual(await cloud.call(caller, "sfn", "DescribeActivity", { activityArn: activity }), {
    activityArn: activity,
    name: "pack",
    creationDate,
    encryptionConfiguration: { type: "AWS_OWNED_KEY" },
  });
  const list = async () => (await cloud.call(caller, "sfn", "ListActivities", {})).activities;
  assert.deepEqual(await list(), [{ activityArn: activity, name: "pack", creationDate }]);
  for (let times = 0; times < 2; times += 1)
    await cloud.call(caller, "sfn", "DeleteActivity", { activityArn: activity });
  assert.deepEqual(await list(), []);
  await assert.rejects(cloud.call(caller, "sfn", "DescribeActivity", { activityArn: activity }), {
    code: "ActivityDoesNotExist",
    message: `Activity Does Not Exist: '${activity}'`,
  });
});

test("an activity's name and ARN are checked, and its encryption stays as it was made", async () => {
  await using cloud = await withBoth();
  await assert.rejects(cloud.call(caller, "sfn", "CreateActivity", { name: "activity name" }), {
    code: "InvalidName",
    message: "Invalid Name: 'activity name'",
  });
  await assert.rejects(
    cloud.call(caller, "sfn", "DescribeActivity", { activityArn: "no_an_activity_arn" }),
    {
      code: "InvalidArn",
      message: "Invalid Arn: 'Invalid ARN prefix: no_an_activity_arn'",
    },
  );
  await assert.rejects(
    cloud.call(caller, "sfn", "CreateActivity", {
      name: "pack",
      encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: "alias/other" },
    }),
    { code: "ActivityAlreadyExists" },
  );
});
