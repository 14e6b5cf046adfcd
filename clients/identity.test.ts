import assert from "node:assert/strict";
import { cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { ACCOUNT } from "./flyball.ts";

const cliTest = cliTests();

const TRUST = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};
const LOGGING = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "logs:*", Resource: "*" }],
};
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

cliTest("aws sts: who one is, and is as a role", async (aws) => {
  assert.deepEqual(await aws.json`sts get-caller-identity`, {
    UserId: ACCOUNT,
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:root`,
  });
  await aws.json`iam create-role --role-name visitor --assume-role-policy-document ${TRUST}`;
  const { AssumedRoleUser, Credentials } = await aws.json<{
    AssumedRoleUser: { Arn: string; AssumedRoleId: string };
    Credentials: Record<"AccessKeyId" | "SecretAccessKey" | "SessionToken" | "Expiration", string>;
  }>`sts assume-role --role-arn arn:aws:iam::${ACCOUNT}:role/visitor --role-session-name guest --duration-seconds 900`;
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/visitor/guest`;
  assert.equal(AssumedRoleUser.Arn, session);
  assert.match(AssumedRoleUser.AssumedRoleId, /^AROA[A-Z2-7]{17}:guest$/);
  const secondsLeft = (Date.parse(Credentials.Expiration) - Date.now()) / 1000;
  assert.ok(secondsLeft > 840 && secondsLeft <= 900, String(secondsLeft));
  const { code, stdout, stderr } = await aws.shell("aws sts get-caller-identity --query Arn", {
    AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: Credentials.SessionToken,
  });
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout), session);
  assert.match(
    await aws.refused`sts assume-role --role-arn arn:aws:iam::${ACCOUNT}:role/visitor --role-session-name guest --duration-seconds 43201`,
    /^An error occurred \(ValidationError\) when calling the AssumeRole operation: 1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200$/,
  );
});

cliTest(
  "aws iam: a role with its policies, as a deployment makes them, and takes them down",
  async (aws) => {
    const arn =
      await aws.text`iam create-role --role-name worker --path /app/ --assume-role-policy-document ${TRUST} --tags Key=team,Value=orders --query Role.Arn --output text`;
    assert.equal(arn, `arn:aws:iam::${ACCOUNT}:role/app/worker`);
    await aws.text`iam wait role-exists --role-name worker`;
    await aws.text`iam put-role-policy --role-name worker --policy-name logging --policy-document ${LOGGING}`;
    const policy =
      await aws.text`iam create-policy --policy-name sending --policy-document ${LOGGING} --query Policy.Arn --output text`;
    await aws.text`iam wait policy-exists --policy-arn ${policy}`;
    await aws.text`iam attach-role-policy --role-name worker --policy-arn ${policy}`;
    await aws.text`iam attach-role-policy --role-name worker --policy-arn ${BASIC}`;
    assert.deepEqual(
      await aws.json`iam get-role --role-name worker --query Role.[Path,AssumeRolePolicyDocument,Tags,MaxSessionDuration]`,
      ["/app/", TRUST, [{ Key: "team", Value: "orders" }], 3600],
    );
    assert.deepEqual(await aws.json`iam list-role-policies --role-name worker`, {
      PolicyNames: ["logging"],
    });
    assert.deepEqual(
      await aws.json`iam get-role-policy --role-name worker --policy-name logging --query PolicyDocument`,
      LOGGING,
    );
    const attached = await aws.json<
      string[]
    >`iam list-attached-role-policies --role-name worker --query AttachedPolicies[].PolicyName`;
    assert.deepEqual(attached.sort(), ["AWSLambdaBasicExecutionRole", "sending"]);
    assert.equal(
      await aws.refused`iam create-role --role-name worker --assume-role-policy-document ${TRUST}`,
      "An error occurred (EntityAlreadyExists) when calling the CreateRole operation: Role with name worker already exists.",
    );
    assert.equal(
      await aws.refused`iam delete-role --role-name worker`,
      "An error occurred (DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must detach all policies first.",
    );
    await aws.text`iam detach-role-policy --role-name worker --policy-arn ${policy}`;
    await aws.text`iam detach-role-policy --role-name worker --policy-arn ${BASIC}`;
    await aws.text`iam delete-role-policy --role-name worker --policy-name logging`;
    await aws.text`iam delete-role --role-name worker`;
    await aws.text`iam delete-policy --policy-arn ${policy}`;
    assert.equal(
      await aws.refused`iam get-role --role-name worker`,
      "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name worker cannot be found.",
    );
    assert.equal(
      await aws.refused`iam create-role --role-name odd --assume-role-policy-document nonsense`,
      "An error occurred (MalformedPolicyDocument) when calling the CreateRole operation: This policy contains invalid Json",
    );
  },
);

boto3Tests("boto3_identity.py");
