import assert from "node:assert";
import { test } from "node:test";
import { strToU8 } from "fflate";
import { ACCOUNT, arn, createWorld, error, functionInput, zip } from "./testing.ts";

// Messages and shapes: LocalStack's test_lambda_api.snapshot.json, recorded on AWS.

test("a policy's statements have AWS's principals and conditions, and its revision is asked for", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  const added = await world.call("AddPermission", {
    FunctionName: "f",
    StatementId: "s3",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
    SourceArn: "arn:aws:s3:::bucket",
    SourceAccount: ACCOUNT,
  });
  const statement = {
    Sid: "s3",
    Effect: "Allow",
    Principal: { Service: "s3.amazonaws.com" },
    Action: "lambda:InvokeFunction",
    Resource: arn("function:f"),
    Condition: {
      StringEquals: { "AWS:SourceAccount": ACCOUNT },
      ArnLike: { "AWS:SourceArn": "arn:aws:s3:::bucket" },
    },
  };
  assert.deepEqual(JSON.parse(added.Statement ?? ""), statement);
  const { Policy, RevisionId } = await world.call("GetPolicy", { FunctionName: "f" });
  assert.deepEqual(JSON.parse(Policy ?? ""), {
    Version: "2012-10-17",
    Id: "default",
    Statement: [statement],
  });
  const add = (more: object) =>
    world.call("AddPermission", {
      FunctionName: "f",
      StatementId: "x",
      Action: "lambda:InvokeFunction",
      Principal: "*",
      ...more,
    });
  await assert.rejects(
    add({ StatementId: "s3" }),
    error(
      "ResourceConflictException",
      "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.",
    ),
  );
  await assert.rejects(
    add({ RevisionId: "0".repeat(36) }),
    error("PreconditionFailedException", /Call the GetPolicy API/),
  );
  await assert.rejects(
    add({ Qualifier: "$LATEST" }),
    error(
      "InvalidParameterValueException",
      "We currently do not support adding policies for $LATEST.",
    ),
  );
  await assert.rejects(
    add({ Qualifier: "none" }),
    error("ResourceNotFoundException", `Cannot find alias arn: ${arn("function:f:none")}`),
  );
  await assert.rejects(
    add({ Principal: "invalid" }),
    error(
      "InvalidParameterValueException",
      "The provided principal was invalid. Please check the principal and try again.",
    ),
  );
  await add({ RevisionId, Principal: "111111111111", Qualifier: undefined });
  await add({ Qualifier: "1" });
  const ofVersion = await world.call("GetPolicy", { FunctionName: "f:1" });
  assert.equal(JSON.parse(ofVersion.Policy ?? "").Statement[0].Resource, arn("function:f:1"));
  await assert.rejects(
    world.call("RemovePermission", { FunctionName: "f", StatementId: "none" }),
    error("ResourceNotFoundException", "Statement none is not found in resource policy."),
  );
  await world.call("RemovePermission", { FunctionName: "f", StatementId: "s3" });
  await world.call("RemovePermission", { FunctionName: "f", StatementId: "x" });
  await assert.rejects(
    world.call("GetPolicy", { FunctionName: "f" }),
    error("ResourceNotFoundException", "The resource you requested does not exist."),
  );
});

test("versions are published once for each change, and protected by the aliases that name them", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  assert.equal((await world.call("PublishVersion", { FunctionName: "f" })).Version, "1");
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 5 });
  const second = await world.call("PublishVersion", { FunctionName: "f", Description: "two" });
  assert.deepEqual(
    [second.Version, second.Description, second.FunctionArn, second.Timeout],
    ["2", "two", arn("function:f:2"), 5],
  );
  await assert.rejects(
    world.call("PublishVersion", { FunctionName: "f", CodeSha256: "x" }),
    error(
      "InvalidParameterValueException",
      /^CodeSHA256 \(x\) is different from current CodeSHA256 in \$LATEST/,
    ),
  );
  const listed = await world.call("ListVersionsByFunction", { FunctionName: "f" });
  assert.deepEqual(
    listed.Versions?.map(({ Version }) => Version),
    ["$LATEST", "1", "2"],
  );
  await world.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  await assert.rejects(world.call("DeleteFunction", { FunctionName: "f", Qualifier: "1" }), {
    code: "ResourceConflictException",
  });
  await world.call("DeleteFunction", { FunctionName: "f:2" });
  await assert.rejects(
    world.call("GetFunction", { FunctionName: "f:2" }),
    error("ResourceNotFoundException", `Function not found: ${arn("function:f:2")}`),
  );
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 6 });
  assert.equal((await world.call("PublishVersion", { FunctionName: "f" })).Version, "3");
});

test("an alias is kept to what AWS allows", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  const create = (more: object) =>
    world.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1", ...more });
  const weights = (AdditionalVersionWeights: Record<string, number>) => ({
    RoutingConfig: { AdditionalVersionWeights },
  });
  await assert.rejects(
    create({ Name: "2024" }),
    error(
      "ValidationException",
      "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ),
  );
  await assert.rejects(
    create(weights({ "2": 2 })),
    error(
      "ValidationException",
      "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    ),
  );
  await assert.rejects(
    create(weights({ "1": 0.5 })),
    error(
      "InvalidParameterValueException",
      "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ),
  );
  await assert.rejects(
    create(weights({ "9": 0.5 })),
    error("ResourceNotFoundException", `Function not found: ${arn("function:f:9")}`),
  );
  const alias = await create({ Description: "d" });
  assert.equal(alias.AliasArn, arn("function:f:live"));
  await assert.rejects(
    create({}),
    error("ResourceConflictException", `Alias already exists: ${arn("function:f:live")}`),
  );
  await assert.rejects(
    world.call("UpdateAlias", { FunctionName: "f", Name: "live", RevisionId: "0".repeat(36) }),
    { code: "PreconditionFailedException" },
  );
  assert.deepEqual((await world.call("ListAliases", { FunctionName: "f" })).Aliases, [alias]);
  await world.call("DeleteAlias", { FunctionName: "f", Name: "live" });
  await assert.rejects(
    world.call("GetAlias", { FunctionName: "f", Name: "live" }),
    error("ResourceNotFoundException", `Cannot find alias arn: ${arn("function:f:live")}`),
  );
});

test("a layer's versions are published, listed, shared, used by functions, and go on being used when deleted", async () => {
  await using world = createWorld();
  const publish = (text: string) =>
    world.call("PublishLayerVersion", {
      LayerName: "lib",
      Content: { ZipFile: zip({ "nodejs/a.js": strToU8(text) }) },
      CompatibleRuntimes: ["nodejs22.x"],
    });
  const first = await publish("1");
  assert.deepEqual([first.Version, first.LayerVersionArn], [1, arn("layer:lib:1")]);
  await publish("2");
  const layers = await world.call("ListLayers", { CompatibleRuntime: "nodejs22.x" });
  assert.equal(layers.Layers?.[0]?.LatestMatchingVersion?.Version, 2);
  const versions = await world.call("ListLayerVersions", { LayerName: "lib" });
  assert.deepEqual(
    versions.LayerVersions?.map(({ Version }) => Version),
    [2, 1],
  );
  const two = [arn("layer:lib:1"), arn("layer:lib:2")];
  await assert.rejects(
    world.call("CreateFunction", functionInput("f", { Layers: two })),
    error(
      "InvalidParameterValueException",
      `Two different versions of the same layer are not allowed to be referenced in the same function. ${two[0]} and ${two[1]} are versions of the same layer.`,
    ),
  );
  const created = await world.call(
    "CreateFunction",
    functionInput("f", { Layers: [arn("layer:lib:1")] }),
  );
  assert.deepEqual(created.Layers, [
    { Arn: arn("layer:lib:1"), CodeSize: first.Content?.CodeSize },
  ]);
  const permission = {
    LayerName: "lib",
    VersionNumber: 1,
    StatementId: "s1",
    Action: "lambda:GetLayerVersion",
    Principal: "*",
  };
  await world.call("AddLayerVersionPermission", permission);
  await assert.rejects(world.call("AddLayerVersionPermission", permission), {
    code: "ResourceConflictException",
  });
  const { Policy } = await world.call("GetLayerVersionPolicy", {
    LayerName: "lib",
    VersionNumber: 1,
  });
  assert.equal(JSON.parse(Policy ?? "").Statement[0].Resource, arn("layer:lib:1"));
  await world.call("DeleteLayerVersion", { LayerName: "lib", VersionNumber: 1 });
  await assert.rejects(
    world.call("GetLayerVersionByArn", { Arn: arn("layer:lib:1") }),
    error("ResourceNotFoundException", `Layer version ${arn("layer:lib:1")} does not exist.`),
  );
  await world.call("Invoke", { FunctionName: "f" });
  assert.equal(world.ran[0]?.spec.layerDirectories.length, 1);
  assert.equal((await publish("3")).Version, 3);
});

test("how events are handled is put whole, updated in part, and refused in AWS's words", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  const put = (more: object) =>
    world.call("PutFunctionEventInvokeConfig", { FunctionName: "f", ...more });
  await assert.rejects(
    put({}),
    error(
      "InvalidParameterValueException",
      "You must specify at least one of error handling or destination setting.",
    ),
  );
  await assert.rejects(
    put({ FunctionName: "none", MaximumRetryAttempts: 0 }),
    error("ResourceNotFoundException", "The function doesn't exist."),
  );
  await assert.rejects(
    put({ DestinationConfig: { OnSuccess: { Destination: arn("function:f") } } }),
    error(
      "InvalidParameterValueException",
      "You can't specify the function as a destination for itself.",
    ),
  );
  await assert.rejects(
    put({
      DestinationConfig: {
        OnSuccess: { Destination: "arn:aws:iam:us-east-1:000000000000:function:f" },
      },
    }),
    error(
      "InvalidParameterValueException",
      "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:000000000000:function:f), onFailure=null) is invalid.",
    ),
  );
  await assert.rejects(
    world.call("GetFunctionEventInvokeConfig", { FunctionName: "f" }),
    error(
      "ResourceNotFoundException",
      `The function ${arn("function:f:$LATEST")} doesn't have an EventInvokeConfig`,
    ),
  );
  await put({ MaximumEventAgeInSeconds: 60 });
  const config = await world.call("UpdateFunctionEventInvokeConfig", {
    FunctionName: "f",
    MaximumRetryAttempts: 1,
  });
  assert.deepEqual(config, {
    FunctionArn: arn("function:f:$LATEST"),
    LastModified: new Date("2026-01-02T03:04:05.678Z"),
    MaximumEventAgeInSeconds: 60,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnSuccess: {}, OnFailure: {} },
  });
  assert.equal((await put({ MaximumRetryAttempts: 0 })).MaximumEventAgeInSeconds, undefined);
  await world.call("DeleteFunctionEventInvokeConfig", { FunctionName: "f" });
  assert.deepEqual(
    (await world.call("ListFunctionEventInvokeConfigs", { FunctionName: "f" }))
      .FunctionEventInvokeConfigs,
    [],
  );
});
