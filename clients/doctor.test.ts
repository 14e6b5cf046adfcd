import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skip } from "./aws-cli.ts";
import { pathWithVenv, readVenv } from "./venv.ts";

const COMMAND = fileURLToPath(new URL("../packages/flyball/src/main.ts", import.meta.url));

test("flyball doctor finds the clients, and warns of version 1 of the AWS CLI", {
  skip,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, "doctor", "--json"], {
    env: { ...process.env, PATH: pathWithVenv() },
  });
  const findings = new Map(
    (JSON.parse(stdout) as { what: string; version: string | null; why: string }[]).map(
      ({ what, ...finding }) => [what, finding],
    ),
  );
  const venv = readVenv();
  assert.ok(venv.missing === undefined);
  assert.equal(findings.get("boto3")?.version, venv.versions.boto3);
  assert.equal(findings.get("AWS CLI")?.version, venv.versions.awscli);
  // https://github.com/aws/aws-cli/issues/8737
  assert.match(findings.get("AWS CLI")?.why ?? "", /sends `aws sqs` to AWS/);
});
