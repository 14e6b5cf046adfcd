import assert from "node:assert";
import { test } from "node:test";
import { caller, GROUP, START, startCloud } from "./testing.ts";

const ARN = `arn:aws:logs:eu-central-1:123456789012:log-group:${GROUP}`;

test("a group is described with both of its ARNs, its class and what it holds", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [0, "four"]);
  await cloud.call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 7 });
  const { logGroups } = await cloud.call("DescribeLogGroups", { logGroupNamePrefix: "/aws/" });
  assert.deepStrictEqual(logGroups, [
    {
      logGroupName: GROUP,
      creationTime: START,
      retentionInDays: 7,
      metricFilterCount: 0,
      arn: `${ARN}:*`,
      storedBytes: 30,
      logGroupClass: "STANDARD",
      logGroupArn: ARN,
      deletionProtectionEnabled: false,
    },
  ]);
});

test("groups are described in the order of their names, by prefix or part, page by page", async () => {
  await using cloud = startCloud();
  for (const logGroupName of ["b/2", "a/1", "b/10", "c"])
    await cloud.call("CreateLogGroup", { logGroupName });
  const names = async (input: object) => {
    const { logGroups } = await cloud.call("DescribeLogGroups", input);
    return logGroups?.map(({ logGroupName }) => logGroupName);
  };
  assert.deepStrictEqual(await names({}), ["a/1", "b/10", "b/2", "c"]);
  assert.deepStrictEqual(await names({ logGroupNamePrefix: "b/" }), ["b/10", "b/2"]);
  assert.deepStrictEqual(await names({ logGroupNamePattern: "/1" }), ["a/1", "b/10"]);
  const { nextToken } = await cloud.call("DescribeLogGroups", { limit: 2 });
  assert.deepStrictEqual(await names({ nextToken }), ["b/2", "c"]);
  await assert.rejects(cloud.call("DescribeLogGroups", { nextToken: "nonsense" }), {
    code: "InvalidParameterException",
    message: "The specified nextToken is invalid.",
  });
});

test("names that cannot be, and names that are taken, are refused in AWS's words", async () => {
  await using cloud = startCloud();
  await assert.rejects(cloud.call("CreateLogGroup", { logGroupName: "a b" }), {
    code: "InvalidParameterException",
    message:
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
  });
  await cloud.create("a");
  await assert.rejects(cloud.call("CreateLogGroup", { logGroupName: GROUP }), {
    code: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  });
  await assert.rejects(cloud.call("CreateLogStream", { logGroupName: GROUP, logStreamName: "a" }), {
    code: "ResourceAlreadyExistsException",
    message: "The specified log stream already exists",
  });
  await assert.rejects(
    cloud.call("CreateLogStream", { logGroupName: GROUP, logStreamName: "a:b" }),
    { code: "InvalidParameterException" },
  );
  await assert.rejects(cloud.call("DeleteLogGroup", { logGroupName: "none" }), {
    code: "ResourceNotFoundException",
    message: "The specified log group does not exist.",
  });
  await assert.rejects(
    cloud.call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 2 }),
    { code: "InvalidParameterException" },
  );
});

test("a group that is deleted and created again is empty, and nothing of the old one is left", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [0, "old"]);
  await cloud.call("PutMetricFilter", {
    logGroupName: GROUP,
    filterName: "f",
    filterPattern: "",
    metricTransformations: [{ metricName: "m", metricNamespace: "n", metricValue: "1" }],
  });
  await cloud.call("DeleteLogGroup", { logGroupName: GROUP });
  await cloud.create("a");
  assert.deepStrictEqual((await cloud.call("FilterLogEvents", { logGroupName: GROUP })).events, []);
  await cloud.put("a", [0, "new"]);
  await cloud.clock.advance(1);
  const left = cloud.cloud.store.read((tx) =>
    [...tx.range({ prefix: ["logs", caller.account, caller.region] })].map(({ key }) => key),
  );
  // A group, its use, its stream twice, an event twice, and the number of the next.
  assert.strictEqual(left.length, 7);
});

test("a stream that is deleted takes its events along, and leaves the others'", async () => {
  await using cloud = startCloud();
  await cloud.create("a", "b");
  await cloud.put("a", [0, "a's"]);
  await cloud.put("b", [0, "b's"]);
  await cloud.call("DeleteLogStream", { logGroupName: GROUP, logStreamName: "a" });
  const { events } = await cloud.call("FilterLogEvents", { logGroupName: GROUP });
  assert.deepStrictEqual(
    events?.map(({ message }) => message),
    ["b's"],
  );
  const { logGroups } = await cloud.call("DescribeLogGroups", {});
  assert.strictEqual(logGroups?.[0]?.storedBytes, 29);
});

test("streams come in the order of their names, or of their last events", async () => {
  await using cloud = startCloud();
  await cloud.create("a", "b", "c", "d");
  await cloud.put("b", [1, "x"]);
  await cloud.put("c", [2, "x"]);
  await cloud.put("a", [3, "x"]);
  await cloud.put("b", [4, "x"]);
  const names = async (input: object) => {
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await cloud.call("DescribeLogStreams", {
        logGroupName: GROUP,
        limit: 3,
        ...input,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      found.push(...(page.logStreams ?? []).map(({ logStreamName }) => logStreamName));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found.join("");
  };
  assert.strictEqual(await names({}), "abcd");
  assert.strictEqual(await names({ descending: true }), "dcba");
  assert.strictEqual(await names({ logStreamNamePrefix: "c", descending: true }), "c");
  assert.strictEqual(await names({ orderBy: "LastEventTime" }), "dcab");
  assert.strictEqual(await names({ orderBy: "LastEventTime", descending: true }), "bacd");
  await assert.rejects(names({ orderBy: "LastEventTime", logStreamNamePrefix: "a" }), {
    code: "InvalidParameterException",
    message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
  });
});

test("a stream tells the times of its events", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.clock.advance(10);
  await cloud.put("a", [3, "x"], [5, "y"]);
  await cloud.put("a", [1, "z"]);
  const { logStreams } = await cloud.call("DescribeLogStreams", { logGroupName: GROUP });
  const { uploadSequenceToken, ...stream } = logStreams?.[0] ?? {};
  assert.match(uploadSequenceToken ?? "", /^\d{56}$/);
  assert.deepStrictEqual(stream, {
    logStreamName: "a",
    creationTime: START,
    firstEventTimestamp: START + 1,
    lastEventTimestamp: START + 5,
    lastIngestionTime: START + 10,
    arn: `${ARN}:log-stream:a`,
    storedBytes: 0,
  });
});

test("a group is found by its ARN, and only in its own account and Region", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [0, "x"]);
  const find = (logGroupIdentifier: string) =>
    cloud.call("FilterLogEvents", { logGroupIdentifier });
  assert.strictEqual((await find(ARN)).events?.length, 1);
  assert.strictEqual((await find(GROUP)).events?.length, 1);
  const elsewhere = ARN.replace("eu-central-1", "us-east-1");
  await assert.rejects(find(elsewhere), { code: "ResourceNotFoundException" });
  const both = { logGroupName: GROUP, logGroupIdentifier: ARN };
  await assert.rejects(cloud.call("FilterLogEvents", both), { code: "InvalidParameterException" });
  await assert.rejects(
    cloud.cloud.call({ ...caller, account: "999999999999" }, "logs", "FilterLogEvents", {
      logGroupName: GROUP,
    }),
    { code: "ResourceNotFoundException" },
  );
});

test("tags are the same through the old operations and the new", async () => {
  await using cloud = startCloud();
  await cloud.call("CreateLogGroup", { logGroupName: GROUP, tags: { a: "1" } });
  await cloud.call("TagResource", { resourceArn: ARN, tags: { b: "2" } });
  await cloud.call("TagLogGroup", { logGroupName: GROUP, tags: { c: "3" } });
  await cloud.call("UntagResource", { resourceArn: `${ARN}:*`, tagKeys: ["a"] });
  const tags = { b: "2", c: "3" };
  assert.deepStrictEqual(await cloud.call("ListTagsForResource", { resourceArn: ARN }), { tags });
  assert.deepStrictEqual(await cloud.call("ListTagsLogGroup", { logGroupName: GROUP }), { tags });
});
