import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Caller } from "../../call.ts";
import { Cloud } from "../../cloud.ts";
import type { InputOf, OperationName, OutputOf } from "../../sdk.ts";
import { encodeDocument } from "./document.ts";
import { iam } from "./service.ts";

const caller: Caller = {
  account: "111122223333",
  region: "us-east-1",
  principal: "arn:aws:iam::111122223333:root",
};
const NOW = Date.UTC(2026, 0, 1);
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});
const ALLOW = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "sqs:*", Resource: "*" },
});

function startCloud(directory?: string) {
  const cloud = new Cloud({
    services: [iam],
    clock: "virtual",
    startTime: NOW,
    ...(directory === undefined ? {} : { directory }),
  });
  const call = <O extends OperationName<"iam">>(
    operation: O,
    input: InputOf<"iam", O>,
    who: Caller = caller,
  ): Promise<OutputOf<"iam", O>> => cloud.call(who, "iam", operation, input);
  const createRole = (RoleName: string) =>
    call("CreateRole", { RoleName, AssumeRolePolicyDocument: TRUST });
  return { cloud, call, createRole, [Symbol.asyncDispose]: () => cloud.stop() };
}

test("a role is kept with its path, description, duration and tags, its document encoded", async () => {
  await using cloud = startCloud();
  const input = {
    RoleName: "worker",
    Path: "/app/",
    AssumeRolePolicyDocument: TRUST,
    Description: "works",
    MaxSessionDuration: 7200,
    Tags: [{ Key: "team", Value: "a" }],
  };
  const { Role } = await cloud.call("CreateRole", input);
  assert.match(Role?.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
  assert.strictEqual(Role?.Arn, "arn:aws:iam::111122223333:role/app/worker");
  assert.deepStrictEqual(Role.CreateDate, new Date(NOW));
  assert.strictEqual(Role.AssumeRolePolicyDocument, encodeDocument(TRUST));
  const got = await cloud.call("GetRole", { RoleName: "worker" });
  assert.deepStrictEqual(got.Role, Role);
  assert.strictEqual(got.Role?.MaxSessionDuration, 7200);
  assert.deepStrictEqual(got.Role?.Tags, [{ Key: "team", Value: "a" }]);
});

test("a document is encoded so that any client decodes it, with nothing left that RFC 3986 reserves", () => {
  fc.assert(
    fc.property(fc.string(), (document) => {
      const encoded = encodeDocument(document);
      assert.match(encoded, /^(?:[A-Za-z0-9\-_.~]|%[0-9A-F]{2})*$/);
      assert.strictEqual(decodeURIComponent(encoded), document);
    }),
  );
});

test("IAM has no Regions, and accounts know nothing of each other", async () => {
  await using cloud = startCloud();
  await cloud.createRole("worker");
  await cloud.call("GetRole", { RoleName: "worker" }, { ...caller, region: "eu-west-1" });
  await assert.rejects(
    cloud.call("GetRole", { RoleName: "worker" }, { ...caller, account: "999999999999" }),
    { code: "NoSuchEntityException" },
  );
});

test("what is not there, and what is there already, is told by its name", async () => {
  await using cloud = startCloud();
  await assert.rejects(cloud.call("GetRole", { RoleName: "worker" }), {
    code: "NoSuchEntityException",
    message: "The role with name worker cannot be found.",
  });
  await cloud.createRole("worker");
  await assert.rejects(cloud.createRole("Worker"), {
    code: "EntityAlreadyExistsException",
    message: "Role with name Worker already exists.",
  });
  await assert.rejects(cloud.call("GetRolePolicy", { RoleName: "worker", PolicyName: "p" }), {
    code: "NoSuchEntityException",
    message: "The role policy with name p cannot be found.",
  });
  await assert.rejects(
    cloud.call("AttachRolePolicy", {
      RoleName: "worker",
      PolicyArn: "arn:aws:iam::111122223333:policy/none",
    }),
    {
      code: "NoSuchEntityException",
      message: "Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable.",
    },
  );
});

test("a role's inline and attached policies come back, and keep the role from being deleted", async () => {
  await using cloud = startCloud();
  const { Role } = await cloud.createRole("worker");
  const RoleName = "worker";
  await cloud.call("PutRolePolicy", { RoleName, PolicyName: "own", PolicyDocument: ALLOW });
  await cloud.call("AttachRolePolicy", { RoleName, PolicyArn: BASIC });
  assert.deepStrictEqual(await cloud.call("GetRolePolicy", { RoleName, PolicyName: "own" }), {
    RoleName,
    PolicyName: "own",
    PolicyDocument: encodeDocument(ALLOW),
  });
  const { PolicyNames } = await cloud.call("ListRolePolicies", { RoleName });
  assert.deepStrictEqual(PolicyNames, ["own"]);
  const { AttachedPolicies } = await cloud.call("ListAttachedRolePolicies", { RoleName });
  assert.deepStrictEqual(AttachedPolicies, [
    { PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: BASIC },
  ]);
  const { PolicyRoles } = await cloud.call("ListEntitiesForPolicy", { PolicyArn: BASIC });
  assert.deepStrictEqual(PolicyRoles, [{ RoleName, RoleId: Role?.RoleId }]);
  const remove = () => cloud.call("DeleteRole", { RoleName });
  const code = "DeleteConflictException";
  await assert.rejects(remove(), {
    code,
    message: "Cannot delete entity, must detach all policies first.",
  });
  await cloud.call("DetachRolePolicy", { RoleName, PolicyArn: BASIC });
  await assert.rejects(remove(), {
    code,
    message: "Cannot delete entity, must delete policies first.",
  });
  await cloud.call("DeleteRolePolicy", { RoleName, PolicyName: "own" });
  await remove();
  await assert.rejects(cloud.call("GetRole", { RoleName }), { code: "NoSuchEntityException" });
});

test("AWS's own policies answer with their text", async () => {
  await using cloud = startCloud();
  const { Policy } = await cloud.call("GetPolicy", { PolicyArn: BASIC });
  assert.strictEqual(Policy?.PolicyName, "AWSLambdaBasicExecutionRole");
  assert.strictEqual(Policy.Path, "/service-role/");
  const VersionId = Policy.DefaultVersionId;
  const { PolicyVersion } = await cloud.call("GetPolicyVersion", { PolicyArn: BASIC, VersionId });
  const document = JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ""));
  assert.ok(document.Statement[0].Action.includes("logs:PutLogEvents"));
});

test("a policy has up to five versions, of which the default one stays", async () => {
  await using cloud = startCloud();
  const { Policy } = await cloud.call("CreatePolicy", { PolicyName: "p", PolicyDocument: ALLOW });
  const PolicyArn = Policy?.Arn;
  assert.match(Policy?.PolicyId ?? "", /^ANPA[A-Z2-7]{17}$/);
  const add = (SetAsDefault = false) =>
    cloud.call("CreatePolicyVersion", { PolicyArn, PolicyDocument: ALLOW, SetAsDefault });
  for (let version = 2; version <= 5; version += 1) await add(version === 5);
  await assert.rejects(add(), { code: "LimitExceededException" });
  await assert.rejects(cloud.call("DeletePolicyVersion", { PolicyArn, VersionId: "v5" }), {
    code: "DeleteConflictException",
    message: "Cannot delete the default version of a policy.",
  });
  await cloud.call("DeletePolicyVersion", { PolicyArn, VersionId: "v2" });
  const { PolicyVersion } = await add();
  assert.strictEqual(PolicyVersion?.VersionId, "v6");
  const { Versions } = await cloud.call("ListPolicyVersions", { PolicyArn });
  assert.deepStrictEqual(
    Versions?.map(({ VersionId }) => VersionId),
    ["v6", "v5", "v4", "v3", "v1"],
  );
  await assert.rejects(cloud.call("DeletePolicy", { PolicyArn }), {
    code: "DeleteConflictException",
  });
});

test("documents that are no policies are refused", async () => {
  await using cloud = startCloud();
  const code = "MalformedPolicyDocumentException";
  const statement = { Effect: "Allow", Action: "sqs:*", Resource: "*" };
  const refusals: [document: unknown, message: string][] = [
    ["{", "Syntax errors in policy."],
    [{ Version: "2012-10-17" }, "Syntax errors in policy."],
    [{ Statement: [statement] }, "Policy document must be version 2012-10-17 or greater."],
    [
      { Version: "2012-10-17", Statement: { ...statement, Principal: "*" } },
      "Policy document should not specify a principal.",
    ],
    [
      { Version: "2012-10-17", Statement: { Effect: "Allow", Resource: "*" } },
      "Policy statement must contain actions.",
    ],
    [
      { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "sqs:*" } },
      "Policy statement must contain resources.",
    ],
  ];
  for (const [document, message] of refusals) {
    const PolicyDocument = typeof document === "string" ? document : JSON.stringify(document);
    await assert.rejects(cloud.call("CreatePolicy", { PolicyName: "p", PolicyDocument }), {
      code,
      message,
    });
  }
  const create = (AssumeRolePolicyDocument: string) =>
    cloud.call("CreateRole", { RoleName: "r", AssumeRolePolicyDocument });
  await assert.rejects(create("nonsense"), { code, message: "This policy contains invalid Json" });
  await assert.rejects(create(ALLOW), { code, message: "Missing required field Principal" });
});

test("names, paths and durations are checked", async () => {
  await using cloud = startCloud();
  const code = "ValidationError";
  await assert.rejects(cloud.createRole("a b"), {
    code,
    message:
      "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
  });
  await assert.rejects(cloud.createRole("x".repeat(65)), {
    code,
    message: `1 validation error detected: Value '${"x".repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`,
  });
  const input = { RoleName: "r", AssumeRolePolicyDocument: TRUST };
  await assert.rejects(cloud.call("CreateRole", { ...input, Path: "app" }), { code });
  await assert.rejects(cloud.call("CreateRole", { ...input, MaxSessionDuration: 60 }), { code });
});

test("roles are listed by name, by path, and page by page", async () => {
  await using cloud = startCloud();
  for (const name of ["c", "a", "b"]) await cloud.createRole(name);
  await cloud.call("CreateRole", { RoleName: "d", Path: "/x/", AssumeRolePolicyDocument: TRUST });
  const first = await cloud.call("ListRoles", { MaxItems: 3 });
  assert.deepStrictEqual(
    first.Roles?.map(({ RoleName }) => RoleName),
    ["a", "b", "c"],
  );
  assert.strictEqual(first.IsTruncated, true);
  const rest = await cloud.call("ListRoles", { Marker: first.Marker });
  assert.deepStrictEqual(
    rest.Roles?.map(({ RoleName }) => RoleName),
    ["d"],
  );
  assert.strictEqual(rest.IsTruncated, false);
  const below = await cloud.call("ListRoles", { PathPrefix: "/x/" });
  assert.strictEqual(below.Roles?.length, 1);
});

test("tags are replaced whatever their case, and taken away", async () => {
  await using cloud = startCloud();
  await cloud.createRole("r");
  const RoleName = "r";
  await cloud.call("TagRole", { RoleName, Tags: [{ Key: "Team", Value: "a" }] });
  await cloud.call("TagRole", {
    RoleName,
    Tags: [
      { Key: "team", Value: "b" },
      { Key: "cost", Value: "" },
    ],
  });
  assert.deepStrictEqual((await cloud.call("ListRoleTags", { RoleName })).Tags, [
    { Key: "team", Value: "b" },
    { Key: "cost", Value: "" },
  ]);
  await cloud.call("UntagRole", { RoleName, TagKeys: ["cost"] });
  assert.strictEqual((await cloud.call("ListRoleTags", { RoleName })).Tags?.length, 1);
});

test("users belong to groups, have keys and policies, and go when all that has gone", async () => {
  await using cloud = startCloud();
  const UserName = "ann";
  const GroupName = "devs";
  const { User } = await cloud.call("CreateUser", { UserName });
  assert.match(User?.UserId ?? "", /^AIDA/);
  await cloud.call("CreateGroup", { GroupName });
  await cloud.call("AddUserToGroup", { UserName, GroupName });
  await cloud.call("PutUserPolicy", { UserName, PolicyName: "p", PolicyDocument: ALLOW });
  const { AccessKey } = await cloud.call("CreateAccessKey", { UserName });
  await cloud.call("CreateAccessKey", { UserName });
  await assert.rejects(cloud.call("CreateAccessKey", { UserName }), {
    code: "LimitExceededException",
    message: "Cannot exceed quota for AccessKeysPerUser: 2",
  });
  const { Users } = await cloud.call("GetGroup", { GroupName });
  assert.strictEqual(Users?.[0]?.UserName, UserName);
  const remove = () => cloud.call("DeleteUser", { UserName });
  const code = "DeleteConflictException";
  await assert.rejects(remove(), { code });
  const { AccessKeyMetadata = [] } = await cloud.call("ListAccessKeys", { UserName });
  assert.ok(AccessKeyMetadata.some(({ AccessKeyId }) => AccessKeyId === AccessKey?.AccessKeyId));
  for (const { AccessKeyId } of AccessKeyMetadata)
    await cloud.call("DeleteAccessKey", { UserName, AccessKeyId });
  await assert.rejects(remove(), { code });
  await cloud.call("RemoveUserFromGroup", { UserName, GroupName });
  await assert.rejects(remove(), { code });
  await cloud.call("DeleteUserPolicy", { UserName, PolicyName: "p" });
  await remove();
});

test("an instance profile holds one role, which it keeps from being deleted", async () => {
  await using cloud = startCloud();
  await cloud.createRole("r");
  const names = { InstanceProfileName: "ip", RoleName: "r" };
  await cloud.call("CreateInstanceProfile", names);
  await cloud.call("AddRoleToInstanceProfile", names);
  const { InstanceProfile } = await cloud.call("GetInstanceProfile", names);
  assert.strictEqual(InstanceProfile?.Roles?.[0]?.RoleName, "r");
  await assert.rejects(cloud.call("DeleteRole", { RoleName: "r" }), {
    code: "DeleteConflictException",
    message: "Cannot delete entity, must remove roles from instance profile first.",
  });
  await cloud.call("RemoveRoleFromInstanceProfile", names);
  await cloud.call("DeleteRole", { RoleName: "r" });
});

test("a service-linked role lies under its service's path", async () => {
  await using cloud = startCloud();
  const { Role } = await cloud.call("CreateServiceLinkedRole", {
    AWSServiceName: "replication.dynamodb.amazonaws.com",
  });
  assert.strictEqual(Role?.Path, "/aws-service-role/replication.dynamodb.amazonaws.com/");
});

test("what was created is there when the cloud is opened again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "flyball-iam-"));
  try {
    let id: string | undefined;
    {
      await using cloud = startCloud(directory);
      id = (await cloud.createRole("r")).Role?.RoleId;
      await cloud.call("AttachRolePolicy", { RoleName: "r", PolicyArn: BASIC });
    }
    await using cloud = startCloud(directory);
    assert.strictEqual((await cloud.call("GetRole", { RoleName: "r" })).Role?.RoleId, id);
    const { Policy } = await cloud.call("GetPolicy", { PolicyArn: BASIC });
    assert.strictEqual(Policy?.AttachmentCount, 1);
  } finally {
    await rm(directory, { recursive: true });
  }
});
