import assert from "node:assert/strict";
import { test } from "node:test";
import { arn, parseArn } from "./arn.ts";

test("an ARN is taken apart into what it was written from, in the partition of its Region", () => {
  const cases = [
    ["sqs", "eu-central-1", "123456789012", "orders", "aws"],
    ["sqs", "cn-north-1", "123456789012", "orders", "aws-cn"],
    ["lambda", "us-gov-west-1", "123456789012", "function:f:live", "aws-us-gov"],
    ["iam", "", "123456789012", "role/a/b", "aws"],
    ["s3", "", "", "bucket/key:with:colons", "aws"],
  ] as const;
  for (const [service, region, account, resource, partition] of cases)
    assert.deepStrictEqual(parseArn(arn(service, region, account, resource)), {
      partition,
      service,
      region,
      account,
      resource,
    });
});

test("what has no service or no resource is no ARN", () => {
  for (const text of [
    "",
    "orders",
    "arn:aws:sqs",
    "arn:aws:sqs:r:a:",
    "arn:aws::r:a:x",
    "urn:aws:sqs:r:a:x",
  ])
    assert.equal(parseArn(text), undefined, text);
});
