import assert from "node:assert";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { strToU8 } from "fflate";
import { archiveAt } from "./code.ts";
import { arn, createWorld, error, functionInput, ROLE, zip } from "./testing.ts";

// The shapes and messages are those that LocalStack's snapshots recorded on AWS (tests/aws/services/lambda_).

test("a created function is told as pending, and found active, with AWS's members", async () => {
  await using world = createWorld();
  const archive = zip();
  const created = await world.call(
    "CreateFunction",
    functionInput("f", { Code: { ZipFile: archive }, Environment: { Variables: { STAGE: "1" } } }),
  );
  assert.equal(created.State, "Pending");
  assert.equal(created.StateReasonCode, "Creating");
  assert.equal(created.LastModified, "2026-01-02T03:04:05.678+0000");
  assert.equal(created.CodeSize, archive.byteLength);
  assert.equal(created.CodeSha256, createHash("sha256").update(archive).digest("base64"));
  const { Configuration, Code, Tags, Concurrency } = await world.call("GetFunction", {
    FunctionName: "f",
  });
  const { RevisionId, RuntimeVersionConfig, CodeSha256, ...rest } = Configuration ?? {};
  assert.match(RevisionId ?? "", /^[0-9a-f-]{36}$/);
  assert.match(
    RuntimeVersionConfig?.RuntimeVersionArn ?? "",
    /^arn:aws:lambda:us-east-1::runtime:/,
  );
  assert.equal(CodeSha256, created.CodeSha256);
  assert.equal(Code?.RepositoryType, "S3");
  assert.deepEqual([Tags, Concurrency], [undefined, undefined]);
  assert.deepEqual(rest, {
    FunctionName: "f",
    FunctionArn: arn("function:f"),
    Runtime: "nodejs22.x",
    Role: ROLE,
    Handler: "index.handler",
    CodeSize: archive.byteLength,
    Description: "",
    Timeout: 3,
    MemorySize: 128,
    LastModified: "2026-01-02T03:04:05.678+0000",
    Version: "$LATEST",
    Environment: { Variables: { STAGE: "1" } },
    TracingConfig: { Mode: "PassThrough" },
    PackageType: "Zip",
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/f" },
    State: "Active",
    LastUpdateStatus: "Successful",
  });
});

test("a name is understood in all its forms, and refused in AWS's words", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  const get = (FunctionName: string, Qualifier?: string) =>
    world.call("GetFunctionConfiguration", { FunctionName, Qualifier });
  for (const name of ["f", "function:f", "000000000000:function:f", arn("function:f")]) {
    assert.equal((await get(name)).FunctionArn, arn("function:f"));
    assert.equal((await get(`${name}:1`)).Version, "1");
    assert.equal((await get(name, "$LATEST")).FunctionArn, arn("function:f:$LATEST"));
  }
  await assert.rejects(
    get("f:1", "2"),
    error(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    ),
  );
  await assert.rejects(
    get("f:7"),
    error("ResourceNotFoundException", `Function not found: ${arn("function:f:7")}`),
  );
  await assert.rejects(
    get("arn:aws:lambda:eu-west-1:000000000000:function:f"),
    error(
      "ResourceNotFoundException",
      "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ),
  );
  await assert.rejects(
    get("a".repeat(65)),
    error(
      "InvalidParameterValueException",
      /^1 validation error detected: Value 'a{65}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64$/,
    ),
  );
  await assert.rejects(
    get("no spaces"),
    error("ValidationException", /Value 'no spaces' at 'functionName'/),
  );
  await assert.rejects(get("arn:aws:lambda:us-east-1:111111111111:function:f"), {
    code: "AccessDeniedException",
    httpStatus: 403,
  });
});

test("what cannot be created is refused as AWS refuses it", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  const create = (more: Parameters<typeof functionInput>[1]) =>
    world.call("CreateFunction", functionInput("g", more));
  await assert.rejects(
    world.call("CreateFunction", functionInput("f")),
    error("ResourceConflictException", "Function already exist: f"),
  );
  await assert.rejects(
    create({ Role: "r1" }),
    error(
      "ValidationException",
      "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    ),
  );
  await assert.rejects(
    create({ Timeout: 901 }),
    error("ValidationException", /Value '901' at 'timeout' .* less than or equal to 900$/),
  );
  await assert.rejects(
    create({ Runtime: "nodejs12.x" }),
    error(
      "InvalidParameterValueException",
      /^The runtime parameter of nodejs12.x is no longer supported/,
    ),
  );
  await assert.rejects(
    create({ Runtime: "cobol" as never }),
    error("InvalidParameterValueException", /^Value cobol at 'runtime' failed/),
  );
  await assert.rejects(
    create({ Architectures: ["x86_64", "arm64"] }),
    error(
      "ValidationException",
      "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
    ),
  );
  await assert.rejects(
    create({ Environment: { Variables: { AWS_REGION: "x" } } }),
    error("InvalidParameterValueException", /Reserved keys used in this request: AWS_REGION$/),
  );
  await assert.rejects(
    create({ Environment: { Variables: { LARGE: "x".repeat(4096) } } }),
    error(
      "InvalidParameterValueException",
      /exceeded the 4KB limit. String measured: \{"LARGE":"x+"\}$/,
    ),
  );
  await assert.rejects(
    create({ Code: { ZipFile: Buffer.from("not a zip") } }),
    error(
      "InvalidParameterValueException",
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ),
  );
  await assert.rejects(
    create({ Code: { S3Bucket: "b", S3Key: "k" } }),
    error("InvalidParameterValueException", /no S3/),
  );
  await assert.rejects(
    create({ Layers: [arn("layer:none:1")] }),
    error("InvalidParameterValueException", `Layer version ${arn("layer:none:1")} does not exist.`),
  );
  assert.equal((await world.call("ListFunctions", {})).Functions?.length, 1);
});

test("an update changes what it names, keeps the rest, and asks for the latest revision", async () => {
  await using world = createWorld();
  await world.call(
    "CreateFunction",
    functionInput("f", { Description: "d", Environment: { Variables: { STAGE: "1" } } }),
  );
  const before = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  const updated = await world.call("UpdateFunctionConfiguration", {
    FunctionName: "f",
    Timeout: 9,
    RevisionId: before.RevisionId,
  });
  assert.equal(updated.LastUpdateStatus, "InProgress");
  const after = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  assert.equal(after.LastUpdateStatus, "Successful");
  assert.deepEqual(
    [after.Timeout, after.Description, after.Environment?.Variables],
    [9, "d", { STAGE: "1" }],
  );
  assert.notEqual(after.RevisionId, before.RevisionId);
  await assert.rejects(
    world.call("UpdateFunctionConfiguration", { FunctionName: "f", RevisionId: before.RevisionId }),
    error(
      "PreconditionFailedException",
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    ),
  );
});

test("after an update the next invocation runs the new code, and the old environments are let go", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  await world.call("Invoke", { FunctionName: "f" });
  const code = zip({ "index.js": strToU8("exports.handler = async () => 2;") });
  await world.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: code });
  await world.call("Invoke", { FunctionName: "f" });
  const [first, second] = world.ran.map(({ spec }) => spec);
  assert.deepEqual(world.retired, [first?.key]);
  assert.notEqual(second?.key, first?.key);
  const source = await readFile(join(second?.codeDirectory ?? "", "index.js"), "utf8");
  assert.match(source, /=> 2/);
});

test("functions are listed in pages, whose marker goes on where the last one ended", async () => {
  await using world = createWorld();
  for (const name of ["c", "a", "b"]) await world.call("CreateFunction", functionInput(name));
  const first = await world.call("ListFunctions", { MaxItems: 2 });
  const second = await world.call("ListFunctions", { MaxItems: 2, Marker: first.NextMarker });
  const names = [first, second].map(({ Functions }) => Functions?.map((f) => f.FunctionName));
  assert.deepEqual(names, [["a", "b"], ["c"]]);
  assert.equal(second.NextMarker, undefined);
  assert.equal(first.Functions?.[0]?.State, undefined);
});

test("what was acknowledged is there after a restart, and what was deleted is not", async () => {
  const directory = await mkdtemp(join(tmpdir(), "flyball-lambda-"));
  try {
    {
      await using world = createWorld({ directory });
      await world.call("CreateFunction", functionInput("kept"));
      const gone = zip({ "index.js": strToU8("gone") });
      await world.call("CreateFunction", functionInput("gone", { Code: { ZipFile: gone } }));
      await world.call("DeleteFunction", { FunctionName: "gone" });
    }
    await rm(join(directory, "lambda", "unpacked"), { recursive: true });
    await using world = createWorld({ directory });
    await world.call("Invoke", { FunctionName: "kept" });
    const unpacked = world.ran[0]?.spec.codeDirectory ?? "";
    assert.ok((await stat(join(unpacked, "index.js"))).isFile());
    await assert.rejects(world.call("GetFunction", { FunctionName: "gone" }), {
      code: "ResourceNotFoundException",
    });
    const archives = join(directory, "lambda", "archives");
    assert.equal((await readdir(archives)).length, 1);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("tags, concurrency and the recursion configuration belong to the function as a whole", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Tags: { team: "a" } }));
  await world.call("TagResource", { Resource: arn("function:f"), Tags: { stage: "dev" } });
  await world.call("UntagResource", { Resource: arn("function:f"), TagKeys: ["team"] });
  assert.deepEqual((await world.call("ListTags", { Resource: arn("function:f") })).Tags, {
    stage: "dev",
  });
  await assert.rejects(
    world.call("ListTags", { Resource: arn("function:f:1") }),
    error(
      "InvalidParameterValueException",
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    ),
  );
  assert.equal(
    (await world.call("GetFunctionRecursionConfig", { FunctionName: "f" })).RecursiveLoop,
    "Terminate",
  );
  await world.call("PutFunctionRecursionConfig", { FunctionName: "f", RecursiveLoop: "Allow" });
  assert.equal(
    (await world.call("GetFunctionRecursionConfig", { FunctionName: "f" })).RecursiveLoop,
    "Allow",
  );
  await assert.rejects(
    world.call("PutFunctionRecursionConfig", {
      FunctionName: "f",
      RecursiveLoop: "InvalidValue" as never,
    }),
    error(
      "ValidationException",
      "1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]",
    ),
  );
  await assert.rejects(world.call("GetFunctionRecursionConfig", { FunctionName: "f:1" }), {
    code: "ValidationException",
  });
  await assert.rejects(
    world.call("GetFunctionRecursionConfig", { FunctionName: "none" }),
    error("ResourceNotFoundException", `Function not found: ${arn("function:none")}`),
  );
  await assert.rejects(
    world.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 901 }),
    error(
      "InvalidParameterValueException",
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  );
  await world.call("PutFunctionConcurrency", {
    FunctionName: "f",
    ReservedConcurrentExecutions: 900,
  });
  const { AccountLimit, AccountUsage } = await world.call("GetAccountSettings", {});
  assert.equal(AccountLimit?.UnreservedConcurrentExecutions, 100);
  assert.equal(AccountUsage?.FunctionCount, 1);
});

test("an event source mapping has tags of its own", async () => {
  await using world = createWorld();
  const uuid = "8c6f0d3e-0000-4000-8000-000000000000";
  const Resource = arn(`event-source-mapping:${uuid}`);
  await assert.rejects(
    world.call("ListTags", { Resource }),
    error("ResourceNotFoundException", `Event source mapping not found: ${Resource}`),
  );
});

test("the location of a function's code gives back the archive", async () => {
  await using world = createWorld();
  const archive = zip();
  await world.call("CreateFunction", functionInput("f", { Code: { ZipFile: archive } }));
  const { Code } = await world.call("GetFunction", { FunctionName: "f" });
  const hash = new URL(Code?.Location ?? "").searchParams.get("sha256") ?? "";
  assert.deepEqual(await archiveAt(world.cloud, hash), Buffer.from(archive));
  await assert.rejects(archiveAt(world.cloud, "../../etc/passwd"), { code: "NotFound" });
});
