import assert from "node:assert";
import { test } from "node:test";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { sessionOf } from "../../credentials.ts";
import { iam } from "../iam/service.ts";
import { sts } from "./service.ts";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const root: Caller = {
  account: ACCOUNT,
  region: "us-east-1",
  principal: `arn:aws:iam::${ACCOUNT}:root`,
};
const roleArn = (account: string) => `arn:aws:iam::${account}:role/deploy/Deployer`;

const startCloud = () =>
  new Cloud({ services: [sts, iam], clock: "virtual", startTime: Date.UTC(2026, 0, 1) });

test("without a session one is the account's root user", async () => {
  await using cloud = startCloud();
  assert.deepStrictEqual(await cloud.call(root, "sts", "GetCallerIdentity", {}), {
    UserId: ACCOUNT,
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:root`,
  });
});

test("an assumed role's key leads to the role's own account, and its identity has the role's id", async () => {
  await using cloud = startCloud();
  const there = { ...root, account: OTHER };
  const { Role } = await cloud.call(there, "iam", "CreateRole", {
    RoleName: "Deployer",
    Path: "/deploy/",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
    }),
  });
  const { Credentials, AssumedRoleUser } = await cloud.call(root, "sts", "AssumeRole", {
    RoleArn: roleArn(OTHER),
    RoleSessionName: "me@work",
  });
  const arn = `arn:aws:sts::${OTHER}:assumed-role/Deployer/me@work`;
  assert.deepStrictEqual(AssumedRoleUser, { AssumedRoleId: `${Role?.RoleId}:me@work`, Arn: arn });
  assert.match(Credentials?.AccessKeyId ?? "", /^ASIA[A-Z2-7]{16}$/);
  assert.strictEqual(Credentials?.SecretAccessKey?.length, 40);
  const session = sessionOf(cloud, Credentials?.AccessKeyId ?? "");
  assert.strictEqual(session?.account, OTHER);
  assert.strictEqual(session.principal, arn);
  const caller = { ...root, account: session.account, principal: session.principal };
  assert.deepStrictEqual(await cloud.call(caller, "sts", "GetCallerIdentity", {}), {
    UserId: `${Role?.RoleId}:me@work`,
    Account: OTHER,
    Arn: arn,
  });
  const AccessKeyId = Credentials?.AccessKeyId;
  const info = await cloud.call(root, "sts", "GetAccessKeyInfo", { AccessKeyId });
  assert.deepStrictEqual(info, { Account: OTHER });
});

test("a session ends when its duration is over, and its key is told to be expired", async () => {
  await using cloud = startCloud();
  const { Credentials } = await cloud.call(root, "sts", "AssumeRole", {
    RoleArn: roleArn(ACCOUNT),
    RoleSessionName: "short",
    DurationSeconds: 900,
  });
  const key = Credentials?.AccessKeyId ?? "";
  await (cloud.clock as VirtualClock).advance(899_999);
  assert.ok(sessionOf(cloud, key));
  await (cloud.clock as VirtualClock).advance(1);
  assert.throws(() => sessionOf(cloud, key), { code: "ExpiredTokenException" });
});

test("what AssumeRole refuses, it refuses as AWS does", async () => {
  await using cloud = startCloud();
  const assume = (input: object) =>
    cloud.call(root, "sts", "AssumeRole", {
      RoleArn: roleArn(ACCOUNT),
      RoleSessionName: "me",
      ...input,
    });
  const code = "ValidationError";
  await assert.rejects(assume({ RoleSessionName: "a b" }), {
    code,
    message:
      "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
  });
  await assert.rejects(assume({ DurationSeconds: 899 }), {
    code,
    message:
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  });
  await assert.rejects(assume({ DurationSeconds: 43_201 }), { code });
  await assert.rejects(assume({ RoleArn: "arn:aws:iam::123:user/someone" }), {
    code,
    message: "arn:aws:iam::123:user/someone is invalid",
  });
  const chained = { ...root, principal: `arn:aws:sts::${ACCOUNT}:assumed-role/A/b` };
  await assert.rejects(
    cloud.call(chained, "sts", "AssumeRole", {
      RoleArn: roleArn(ACCOUNT),
      RoleSessionName: "me",
      DurationSeconds: 3_601,
    }),
    { code },
  );
});

test("a web identity's token is read, and refused when it is no token", async () => {
  await using cloud = startCloud();
  const claims = {
    sub: "repo:acme/app",
    iss: "https://token.example.com",
    aud: "sts.amazonaws.com",
  };
  const token = (text: string) => `e30.${Buffer.from(text).toString("base64url")}.c2ln`;
  const input = { RoleArn: roleArn(ACCOUNT), RoleSessionName: "ci" };
  const answer = await cloud.call(root, "sts", "AssumeRoleWithWebIdentity", {
    ...input,
    WebIdentityToken: token(JSON.stringify(claims)),
  });
  assert.strictEqual(answer.SubjectFromWebIdentityToken, "repo:acme/app");
  assert.strictEqual(answer.Audience, "sts.amazonaws.com");
  assert.ok(answer.Credentials?.SessionToken);
  await assert.rejects(
    cloud.call(root, "sts", "AssumeRoleWithWebIdentity", { ...input, WebIdentityToken: "opaque" }),
    { code: "InvalidIdentityTokenException" },
  );
});

test("a session token of the root user lasts an hour; a session gets none", async () => {
  await using cloud = startCloud();
  const { Credentials } = await cloud.call(root, "sts", "GetSessionToken", {});
  assert.deepStrictEqual(Credentials?.Expiration, new Date(cloud.clock.now() + 3_600_000));
  assert.strictEqual(sessionOf(cloud, Credentials?.AccessKeyId ?? "")?.principal, root.principal);
  const session = { ...root, principal: `arn:aws:sts::${ACCOUNT}:assumed-role/A/b` };
  await assert.rejects(cloud.call(session, "sts", "GetSessionToken", {}), { code: "AccessDenied" });
});

test("a user's access key makes its requests the user's, until it is inactive", async () => {
  await using cloud = startCloud();
  const { User } = await cloud.call(root, "iam", "CreateUser", { UserName: "ann", Path: "/dev/" });
  const { AccessKey } = await cloud.call(root, "iam", "CreateAccessKey", { UserName: "ann" });
  const key = AccessKey?.AccessKeyId ?? "";
  const principal = sessionOf(cloud, key)?.principal ?? "";
  assert.strictEqual(principal, `arn:aws:iam::${ACCOUNT}:user/dev/ann`);
  const identity = await cloud.call({ ...root, principal }, "sts", "GetCallerIdentity", {});
  assert.strictEqual(identity.UserId, User?.UserId);
  await cloud.call(root, "iam", "UpdateAccessKey", {
    UserName: "ann",
    AccessKeyId: key,
    Status: "Inactive",
  });
  assert.strictEqual(sessionOf(cloud, key), undefined);
});

test("a key that this cloud did not give out leads nowhere", async () => {
  await using cloud = startCloud();
  assert.strictEqual(sessionOf(cloud, "AKIAIOSFODNN7EXAMPLE"), undefined);
  assert.strictEqual(sessionOf(cloud, "test"), undefined);
});
