import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AliasRoute, drawVersion, findMachine } from "./machine.ts";
import { caller, machinesCloud, passDefinition, roleArn } from "./testing.ts";

// AWS's answers: test_sfn_api_versioning.snapshot.json and test_sfn_api_aliasing.snapshot.json of
// localstack/localstack, which were recorded from AWS.

const arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:orders";

/** A cloud with a machine of so many versions: version n has the definition with the comment `vn`. */
async function withVersions(count: number) {
  const cloud = machinesCloud();
  await cloud.call(caller, "sfn", "CreateStateMachine", {
    name: "orders",
    definition: passDefinition("v1"),
    roleArn,
    publish: count > 0,
  });
  for (let number = 2; number <= count; number += 1)
    await cloud.call(caller, "sfn", "UpdateStateMachine", {
      stateMachineArn: arn,
      definition: passDefinition(`v${number}`),
      publish: true,
    });
  return cloud;
}

const routed = (...weights: readonly (readonly [version: number, weight: number])[]) =>
  weights.map(([version, weight]) => ({ stateMachineVersionArn: `${arn}:${version}`, weight }));

test("a version keeps the machine as it was when it was published", async () => {
  await using cloud = await withVersions(2);
  const described = async (stateMachineArn: string) => {
    const { definition, stateMachineArn: shown } = await cloud.call(
      caller,
      "sfn",
      "DescribeStateMachine",
      { stateMachineArn },
    );
    return [shown, definition];
  };
  assert.deepEqual(await described(`${arn}:1`), [`${arn}:1`, passDefinition("v1")]);
  assert.deepEqual(await described(arn), [arn, passDefinition("v2")]);
});

test("publishing a revision again gives the version that it has", async () => {
  await using cloud = await withVersions(0);
  const publish = () =>
    cloud.call(caller, "sfn", "PublishStateMachineVersion", {
      stateMachineArn: arn,
      description: "once",
    });
  assert.equal((await publish()).stateMachineVersionArn, `${arn}:1`);
  assert.equal((await publish()).stateMachineVersionArn, `${arn}:1`);
  const updated = await cloud.call(caller, "sfn", "UpdateStateMachine", {
    stateMachineArn: arn,
    definition: passDefinition("v1"),
    publish: true,
  });
  assert.equal(updated.stateMachineVersionArn, `${arn}:1`);
  assert.equal(updated.revisionId, undefined);
  const { description } = await cloud.call(caller, "sfn", "DescribeStateMachine", {
    stateMachineArn: `${arn}:1`,
  });
  assert.equal(description, "once");
});

test("a version is published of the revision that was asked for, or not at all", async () => {
  await using cloud = await withVersions(0);
  const publish = (revisionId: string) =>
    cloud.call(caller, "sfn", "PublishStateMachineVersion", { stateMachineArn: arn, revisionId });
  assert.equal((await publish("INITIAL")).stateMachineVersionArn, `${arn}:1`);
  const { revisionId = "" } = await cloud.call(caller, "sfn", "UpdateStateMachine", {
    stateMachineArn: arn,
    definition: passDefinition("v2"),
  });
  await assert.rejects(publish("INITIAL"), {
    code: "ConflictException",
    message: `Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is ${revisionId}.`,
  });
  assert.equal((await publish(revisionId)).stateMachineVersionArn, `${arn}:2`);
});

test("versions are listed the newest first, and their numbers never come back", async () => {
  await using cloud = await withVersions(11);
  const list = (page: object) =>
    cloud.call(caller, "sfn", "ListStateMachineVersions", { stateMachineArn: arn, ...page });
  const first = await list({ maxResults: 8 });
  const rest = await list({ nextToken: first.nextToken });
  const numbers = [...(first.stateMachineVersions ?? []), ...(rest.stateMachineVersions ?? [])].map(
    ({ stateMachineVersionArn }) => Number(stateMachineVersionArn?.split(":").at(-1)),
  );
  assert.deepEqual(numbers, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  for (let times = 0; times < 2; times += 1)
    await cloud.call(caller, "sfn", "DeleteStateMachineVersion", {
      stateMachineVersionArn: `${arn}:11`,
    });
  const { stateMachineVersionArn } = await cloud.call(caller, "sfn", "PublishStateMachineVersion", {
    stateMachineArn: arn,
  });
  assert.equal(stateMachineVersionArn, `${arn}:12`);
});

test("a version that an alias leads to is not deleted", async () => {
  await using cloud = await withVersions(2);
  await cloud.call(caller, "sfn", "CreateStateMachineAlias", {
    name: "live",
    routingConfiguration: routed([1, 100]),
  });
  const remove = () =>
    cloud.call(caller, "sfn", "DeleteStateMachineVersion", {
      stateMachineVersionArn: `${arn}:1`,
    });
  await assert.rejects(remove(), {
    code: "ConflictException",
    message:
      "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]",
  });
  await cloud.call(caller, "sfn", "UpdateStateMachineAlias", {
    stateMachineAliasArn: `${arn}:live`,
    routingConfiguration: routed([2, 100]),
  });
  assert.deepEqual(await remove(), {});
});

test("an alias is made, described, changed, listed and deleted", async () => {
  await using cloud = await withVersions(2);
  const alias = {
    name: "live",
    description: "what customers see",
    routingConfiguration: routed([1, 90], [2, 10]),
  };
  const date = new Date(cloud.clock.now());
  for (let times = 0; times < 2; times += 1)
    assert.deepEqual(await cloud.call(caller, "sfn", "CreateStateMachineAlias", alias), {
      stateMachineAliasArn: `${arn}:live`,
      creationDate: date,
    });
  const describe = () =>
    cloud.call(caller, "sfn", "DescribeStateMachineAlias", {
      stateMachineAliasArn: `${arn}:live`,
    });
  assert.deepEqual(await describe(), {
    stateMachineAliasArn: `${arn}:live`,
    ...alias,
    creationDate: date,
    updateDate: date,
  });
  await cloud.call(caller, "sfn", "UpdateStateMachineAlias", {
    stateMachineAliasArn: `${arn}:live`,
    routingConfiguration: routed([2, 100]),
  });
  const changed = await describe();
  assert.equal(changed.description, alias.description);
  assert.deepEqual(changed.routingConfiguration, routed([2, 100]));
  const listed = async (stateMachineArn: string) => {
    const { stateMachineAliases = [] } = await cloud.call(
      caller,
      "sfn",
      "ListStateMachineAliases",
      { stateMachineArn },
    );
    return stateMachineAliases.map(({ stateMachineAliasArn }) => stateMachineAliasArn);
  };
  assert.deepEqual(await listed(arn), [`${arn}:live`]);
  assert.deepEqual(await listed(`${arn}:1`), []);
  assert.deepEqual(await listed(`${arn}:2`), [`${arn}:live`]);
  for (let times = 0; times < 2; times += 1)
    await cloud.call(caller, "sfn", "DeleteStateMachineAlias", {
      stateMachineAliasArn: `${arn}:live`,
    });
  const gone = {
    code: "ResourceNotFound",
    message: "Request references a resource that does not exist.",
  };
  await assert.rejects(describe(), gone);
  await assert.rejects(
    cloud.call(caller, "sfn", "UpdateStateMachineAlias", {
      stateMachineAliasArn: `${arn}:live`,
      description: "late",
    }),
    gone,
  );
});

test("an alias of the same name with another route conflicts", async () => {
  await using cloud = await withVersions(2);
  const create = (input: object) =>
    cloud.call(caller, "sfn", "CreateStateMachineAlias", {
      name: "live",
      routingConfiguration: routed([1, 100]),
      ...input,
    });
  await create({});
  for (const other of [{ description: "new" }, { routingConfiguration: routed([2, 100]) }])
    await assert.rejects(create(other), {
      code: "ConflictException",
      message:
        "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
    });
});

test("routes and names that AWS refuses are refused in its words", async () => {
  await using cloud = await withVersions(3);
  const create = (input: object) =>
    cloud.call(caller, "sfn", "CreateStateMachineAlias", {
      name: "live",
      routingConfiguration: routed([1, 100]),
      ...input,
    });
  const refused: [object, string][] = [
    [
      { routingConfiguration: [{ stateMachineVersionArn: arn, weight: 100 }] },
      `Routing configuration must contain state machine version ARNs. Received: [${arn}]`,
    ],
    [
      { routingConfiguration: routed([1, 50], [1, 50]) },
      `Routing configuration must contain distinct state machine version ARNs. Received: [${arn}:1, ${arn}:1]`,
    ],
    [
      { routingConfiguration: routed([1, 70], [2, 29]) },
      "Sum of routing configuration weights must equal 100. Received: [70, 29]",
    ],
    [
      { routingConfiguration: routed([1, 101], [2, 0]) },
      "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      { routingConfiguration: routed([1, 50], [2, 30], [3, 20]) },
      `1 validation error detected: Value '[${[
        [1, 50],
        [2, 30],
        [3, 20],
      ]
        .map(
          ([version, weight]) =>
            `RoutingConfigurationListItem(stateMachineVersionArn=${arn}:${version}, weight=${weight})`,
        )
        .join(
          ", ",
        )}]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2`,
    ],
    ...["123", "INVALID ALIAS", "!INVALID", "ALIAS@"].map((name): [object, string] => [
      { name },
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$`,
    ]),
  ];
  for (const [input, message] of refused)
    await assert.rejects(create(input), { code: "ValidationException", message });
  await assert.rejects(create({ routingConfiguration: routed([9, 100]) }), {
    code: "ResourceNotFound",
  });
});

test("an alias leads to its versions as often as their weights say", async () => {
  await using cloud = await withVersions(2);
  await cloud.call(caller, "sfn", "CreateStateMachineAlias", {
    name: "live",
    routingConfiguration: routed([1, 75], [2, 25]),
  });
  const found = (random: number) =>
    cloud.store.read((tx) => findMachine(tx, `${arn}:live`, () => random));
  assert.deepEqual(
    [0, 0.7499, 0.75, 0.9999].map((random) => found(random).versionArn),
    [`${arn}:1`, `${arn}:1`, `${arn}:2`, `${arn}:2`],
  );
  const { aliasArn, definition, machine } = found(0.9);
  assert.deepEqual(
    [aliasArn, definition, machine.arn, machine.definition],
    [`${arn}:live`, passDefinition("v2"), arn, passDefinition("v2")],
  );
});

test("whatever the weights, a version is drawn as often as its weight says, and none of weight 0", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), (weight) => {
      const routes: AliasRoute[] = [
        { version: 1, weight },
        { version: 2, weight: 100 - weight },
      ];
      const drawn = Array.from({ length: 100 }, (_, index) =>
        drawVersion(routes, () => (index + 0.5) / 100),
      );
      assert.equal(drawn.filter((version) => version === 1).length, weight);
    }),
  );
});

test("a machine has a hundred aliases at most", async () => {
  await using cloud = await withVersions(1);
  const create = (name: string) =>
    cloud.call(caller, "sfn", "CreateStateMachineAlias", {
      name,
      routingConfiguration: routed([1, 100]),
    });
  for (let index = 0; index < 100; index += 1) await create(`alias-${index}`);
  await assert.rejects(create("alias-100"), { code: "ServiceQuotaExceededException" });
  // The same request again makes no alias more.
  await create("alias-99");
});
