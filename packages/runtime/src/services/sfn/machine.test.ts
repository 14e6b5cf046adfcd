import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../../clock/virtual.ts";
import { runningKey, settleDeletion } from "./machine.ts";
import { caller, logGroups, machinesCloud, passDefinition, roleArn } from "./testing.ts";

// AWS's answers: test_sfn_api.snapshot.json and test_sfn_api_logs.snapshot.json of localstack/localstack, which were
// recorded from AWS; limits and idempotency: API reference, CreateStateMachine and UpdateStateMachine; what is wrong with
// an ARN of a log group or a key: badmintoncryer/cdk-preflight, measured on AWS.

const arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:orders";
const orders = { name: "orders", definition: passDefinition(), roleArn };
const NOON = new Date("2026-01-01T12:00:00Z");

test("a machine is described as AWS describes one that was just created", async () => {
  await using cloud = machinesCloud();
  assert.deepEqual(await cloud.call(caller, "sfn", "CreateStateMachine", orders), {
    stateMachineArn: arn,
    creationDate: NOON,
  });
  assert.deepEqual(
    await cloud.call(caller, "sfn", "DescribeStateMachine", { stateMachineArn: arn }),
    {
      stateMachineArn: arn,
      name: "orders",
      status: "ACTIVE",
      definition: orders.definition,
      roleArn,
      type: "STANDARD",
      creationDate: NOON,
      loggingConfiguration: { level: "OFF", includeExecutionData: false },
      tracingConfiguration: { enabled: false },
      encryptionConfiguration: { type: "AWS_OWNED_KEY" },
    },
  );
});

test("creating a machine again with the same content changes nothing, whatever the role and the tags", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  await (cloud.clock as VirtualClock).advance(1_000);
  const again = {
    ...orders,
    roleArn: `${roleArn}2`,
    tags: [{ key: "a", value: "b" }],
  };
  const { creationDate } = await cloud.call(caller, "sfn", "CreateStateMachine", again);
  assert.deepEqual(creationDate, NOON);
  const described = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: arn,
  });
  assert.equal(described.roleArn, roleArn);
  const { tags } = await cloud.call(caller, "sfn", "ListTagsForResource", { resourceArn: arn });
  assert.deepEqual(tags, []);
});

test("a machine of the same name with anything else in it already exists", async () => {
  await using cloud = machinesCloud(logGroups(["states"]));
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  const others = [
    // Even a definition that only looks different.
    { definition: `${orders.definition} ` },
    { type: "EXPRESS" as const },
    { tracingConfiguration: { enabled: true } },
    { publish: true },
    { loggingConfiguration: { includeExecutionData: true } },
  ];
  for (const other of others)
    await assert.rejects(
      cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, ...other }),
      {
        code: "StateMachineAlreadyExists",
        message: `State Machine Already Exists: '${arn}'`,
      },
      JSON.stringify(other),
    );
});

test("names, roles, definitions and lengths that AWS refuses are refused in its words", async () => {
  await using cloud = machinesCloud();
  const create = (input: object) =>
    cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, ...input });
  for (const name of ["a b", "a/b", "a:b", "a*", "a{", "a\u0000", "a\ud800", "a$", "a#"])
    await assert.rejects(create({ name }), {
      code: "InvalidName",
      message: `Invalid Name: '${name}'`,
    });
  await assert.rejects(create({ name: "n".repeat(81) }), {
    code: "ValidationException",
    message: `1 validation error detected: Value '${"n".repeat(81)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`,
  });
  await create({ name: "ünïcode.is+fine=(yes)@!" });
  await assert.rejects(create({ roleArn: "nobody" }), {
    code: "InvalidArn",
    message: "Invalid Role Arn: 'nobody'",
  });
  await assert.rejects(create({ definition: '{"StartAt":"Only"}' }), {
    code: "InvalidDefinition",
    message:
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
  });
  await assert.rejects(create({ definition: undefined }), {
    code: "ValidationException",
    message:
      "1 validation error detected: Value null at 'definition' failed to satisfy constraint: Member must not be null",
  });
  await assert.rejects(create({ versionDescription: "first" }), {
    code: "ValidationException",
    message: "Version description can only be set when publish is true",
  });
  await assert.rejects(create({ tracingConfiguration: {} }), {
    code: "InvalidTracingConfiguration",
  });
});

test("a log goes to exactly one group, which is there, by an ARN that ends in `:*`", async () => {
  await using cloud = machinesCloud(logGroups(["states", "states-too"]));
  const create = (name: string, loggingConfiguration: object) =>
    cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, name, loggingConfiguration });
  const to = (group: string) => ({
    cloudWatchLogsLogGroup: {
      logGroupArn: `arn:aws:logs:eu-central-1:123456789012:log-group:${group}`,
    },
  });
  const refused = [
    [{ level: "ALL" }, "Must specify exactly one Log Destination."],
    [{ level: "ALL", destinations: [] }, "Must specify exactly one Log Destination."],
    [
      { level: "ERROR", destinations: [to("states:*"), to("states-too:*")] },
      "Must specify exactly one Log Destination.",
    ],
    [{ level: "ALL", destinations: [to("state:*")] }, "Log Destination not found."],
    [{ level: "OFF", destinations: [to("gone:*")] }, "Log Destination not found."],
    [
      { level: "ALL", destinations: [to("states")] },
      "Log Group ARN must be provided with '*' qualifier.",
    ],
    [{ level: "ALL", destinations: [{}] }, "Must set valid CloudWatch Log Group ARN."],
    [
      { level: "ALL", destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: roleArn } }] },
      "Provided ARN is not CloudWatch Logs Log Group ARN.",
    ],
  ] as const;
  for (const [configuration, why] of refused)
    await assert.rejects(create("refused", configuration), {
      code: "InvalidLoggingConfiguration",
      message: `Invalid Logging Configuration: ${why}`,
    });
  await assert.rejects(create("ünïcode", { level: "ALL", destinations: [to("states:*")] }), {
    code: "InvalidLoggingConfiguration",
    message:
      "Invalid Logging Configuration: 1 validation error detected: Value 'arn:aws:states:eu-central-1:123456789012:stateMachine:ünïcode' at 'resourceId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z.\\/\\-_:]+$",
  });
  const described = async (name: string) =>
    (
      await cloud.call(caller, "sfn", "DescribeStateMachine", {
        stateMachineArn: arn.replace("orders", name),
      })
    ).loggingConfiguration;
  await create("logs", { level: "FATAL", destinations: [to("states:*")] });
  assert.deepEqual(await described("logs"), {
    level: "FATAL",
    includeExecutionData: false,
    destinations: [to("states:*")],
  });
  await create("empty", { destinations: [] });
  assert.deepEqual(await described("empty"), {
    level: "OFF",
    includeExecutionData: false,
    destinations: [],
  });
});

test("a customer's key is kept with its period, and asked for", async () => {
  await using cloud = machinesCloud();
  const create = (name: string, encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY" }) =>
    cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, name, encryptionConfiguration });
  const type = "CUSTOMER_MANAGED_KMS_KEY";
  await assert.rejects(create("none", { type }), {
    code: "InvalidEncryptionConfiguration",
    message: "Invalid Encryption Configuration: Must set a valid kmsKeyId.",
  });
  const withKey = { type, kmsKeyId: "alias/states" } as const;
  await assert.rejects(
    create("none", { ...withKey, kmsDataKeyReusePeriodSeconds: 59 } as typeof withKey),
    { code: "ValidationException" },
  );
  const { stateMachineArn } = await create("key", withKey);
  const { encryptionConfiguration } = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: stateMachineArn!,
  });
  assert.deepEqual(encryptionConfiguration, { ...withKey, kmsDataKeyReusePeriodSeconds: 300 });
});

test("an update makes a new revision, unless it changes nothing", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  const update = (input: object) =>
    cloud.call(caller, "sfn", "UpdateStateMachine", { stateMachineArn: arn, ...input });
  const unchanged = await update({ definition: orders.definition });
  assert.deepEqual(unchanged, { updateDate: NOON });
  const first = await update({ definition: passDefinition("new"), roleArn: `${roleArn}2` });
  assert.match(first.revisionId ?? "", /^[0-9a-f-]{36}$/);
  const same = await update({ roleArn: `${roleArn}2` });
  assert.equal(same.revisionId, first.revisionId);
  const second = await update({ tracingConfiguration: { enabled: true } });
  assert.notEqual(second.revisionId, first.revisionId);
  const described = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: arn,
  });
  assert.deepEqual(
    [described.revisionId, described.definition, described.roleArn, described.tracingConfiguration],
    [second.revisionId, passDefinition("new"), `${roleArn}2`, { enabled: true }],
  );
});

test("an update says what it changes, of a machine and of no version", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, publish: true });
  const update = (stateMachineArn: string, input: object) =>
    cloud.call(caller, "sfn", "UpdateStateMachine", { stateMachineArn, ...input });
  await assert.rejects(update(arn, {}), {
    code: "MissingRequiredParameter",
    message:
      "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
  });
  await assert.rejects(update(`${arn}:1`, { definition: passDefinition("new") }), {
    code: "StateMachineDoesNotExist",
    message: `State Machine Does Not Exist: '${arn}:1'`,
  });
  await assert.rejects(update(arn, { definition: "{}" }), { code: "InvalidDefinition" });
  await assert.rejects(update(`${arn}/label`, { roleArn }), {
    code: "ValidationException",
    fields: { reason: "API_DOES_NOT_SUPPORT_LABELED_ARNS" },
  });
});

test("an ARN that leads nowhere is told apart from what is no ARN of a state machine", async () => {
  await using cloud = machinesCloud();
  const describe = (stateMachineArn: string) =>
    cloud.call(caller, "sfn", "DescribeStateMachine", { stateMachineArn });
  const refused = [
    ["not_a_valid_arn", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'"],
    [
      "arn:aws:states:eu-central-1:123456789012:execution:a:b",
      "InvalidArn",
      "Invalid Arn: 'Resource type not valid in this context: execution'",
    ],
    [arn, "StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`],
    [`${arn}:7`, "StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}:7'`],
  ] as const;
  for (const [text, code, message] of refused)
    await assert.rejects(describe(text), { code, message });
});

test("accounts and Regions are worlds of their own", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  const elsewhere = { ...caller, region: "us-east-1" };
  assert.deepEqual(await cloud.call(elsewhere, "sfn", "ListStateMachines", {}), {
    stateMachines: [],
  });
  await assert.rejects(
    cloud.call(elsewhere, "sfn", "DescribeStateMachine", { stateMachineArn: arn }),
    { code: "StateMachineDoesNotExist" },
  );
});

test("metadata alone leaves the definition out", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  const { definition, roleArn: role } = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: arn,
    includedData: "METADATA_ONLY",
  });
  assert.deepEqual([definition, role], ["{}", roleArn]);
});

test("machines are listed page by page, each once", async () => {
  await using cloud = machinesCloud();
  const names = Array.from({ length: 7 }, (_, index) => `m${index}`);
  for (const name of names)
    await cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, name });
  const listed: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await cloud.call(caller, "sfn", "ListStateMachines", {
      maxResults: 3,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    assert((page.stateMachines ?? []).length <= 3);
    listed.push(...(page.stateMachines ?? []).map(({ name }) => name));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(listed, names);
  const all = await cloud.call(caller, "sfn", "ListStateMachines", { maxResults: 0 });
  assert.equal(all.stateMachines?.length, 7);
});

test("a page's size and token are checked", async () => {
  await using cloud = machinesCloud();
  const list = (page: object) => cloud.call(caller, "sfn", "ListStateMachines", page);
  await assert.rejects(list({ maxResults: 1_001 }), {
    code: "ValidationException",
    message:
      "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
  });
  await assert.rejects(list({ nextToken: "x".repeat(1_025) }), { code: "ValidationException" });
  await assert.rejects(list({ nextToken: "somebody's" }), {
    code: "InvalidToken",
    message: "Invalid Token: 'Invalid token'",
  });
});

test("a deleted machine is gone with its versions and aliases, and deleting it again is no error", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, publish: true });
  await cloud.call(caller, "sfn", "CreateStateMachineAlias", {
    name: "live",
    routingConfiguration: [{ stateMachineVersionArn: `${arn}:1`, weight: 100 }],
  });
  for (let times = 0; times < 2; times += 1)
    assert.deepEqual(
      await cloud.call(caller, "sfn", "DeleteStateMachine", { stateMachineArn: arn }),
      {},
    );
  await cloud.call(caller, "sfn", "CreateStateMachine", orders);
  for (const gone of [`${arn}:1`, `${arn}:live`])
    await assert.rejects(
      cloud.call(caller, "sfn", "DescribeStateMachine", { stateMachineArn: gone }),
      { code: "StateMachineDoesNotExist" },
    );
});

test("a machine is being deleted as long as an execution of it runs", async () => {
  await using cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, publish: true });
  const key = runningKey(caller, "orders", "run");
  await cloud.store.write((tx) => tx.put(key, {}));
  await cloud.call(caller, "sfn", "DeleteStateMachine", { stateMachineArn: arn });
  const { status } = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: arn,
  });
  assert.equal(status, "DELETING");
  const refused = [
    cloud.call(caller, "sfn", "CreateStateMachine", orders),
    cloud.call(caller, "sfn", "UpdateStateMachine", { stateMachineArn: arn, roleArn }),
    cloud.call(caller, "sfn", "PublishStateMachineVersion", { stateMachineArn: arn }),
    cloud.call(caller, "sfn", "CreateStateMachineAlias", {
      name: "live",
      routingConfiguration: [{ stateMachineVersionArn: `${arn}:1`, weight: 100 }],
    }),
  ];
  for (const call of refused)
    await assert.rejects(call, {
      code: "StateMachineDeleting",
      message: `State Machine is being deleted: '${arn}'`,
    });
  await cloud.store.write((tx) => {
    tx.delete(key);
    settleDeletion(tx, caller, "orders");
  });
  await assert.rejects(
    cloud.call(caller, "sfn", "DescribeStateMachine", { stateMachineArn: arn }),
    { code: "StateMachineDoesNotExist" },
  );
});

test("an update leaves alone what it does not name, though that would be refused by now", async () => {
  const groups = ["states"];
  await using cloud = machinesCloud(logGroups(groups));
  const logGroupArn = "arn:aws:logs:eu-central-1:123456789012:log-group:states:*";
  const loggingConfiguration = {
    level: "ALL" as const,
    destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
  };
  await cloud.call(caller, "sfn", "CreateStateMachine", { ...orders, loggingConfiguration });
  groups.pop();
  const update = (input: object) =>
    cloud.call(caller, "sfn", "UpdateStateMachine", { stateMachineArn: arn, ...input });
  await update({ definition: passDefinition("later") });
  await assert.rejects(update({ loggingConfiguration }), { code: "InvalidLoggingConfiguration" });
});
