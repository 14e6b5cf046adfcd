import assert from "node:assert/strict";
import { test } from "node:test";
import { defineService } from "../../service.ts";
import { ACCOUNT, arnOf, CALLER, FUNCTION, PIPE, SOURCE, TestCloud, until } from "./testing.ts";

/** A function that does something in its chain whenever it is invoked, until it has run as often as it may. */
function again(roundsMax: number, goOn: (traceHeader: string, round: number) => Promise<unknown>) {
  let rounds = 0;
  const lambda = defineService({
    name: "lambda",
    operations: {
      Invoke: async ({ cloud, caller }) => {
        const { traceHeader } = await cloud.chains.enter(caller, FUNCTION, "Terminate");
        rounds += 1;
        if (rounds < roundsMax) await goOn(traceHeader, rounds);
        return { StatusCode: 200 };
      },
    },
  });
  return { lambda, rounds: () => rounds };
}

test("a function that sends to the queue of its own pipe is reported as a loop that AWS would let run", async () => {
  const { lambda, rounds } = again(40, (traceHeader) =>
    world.cloud.call({ ...CALLER, traceHeader }, "sqs", "SendMessage", {
      QueueUrl: `${world.cloud.endpoint}/${ACCOUNT}/source`,
      MessageBody: "again",
    }),
  );
  const world = new TestCloud({ services: [lambda] });
  await using _ = world;
  await world.queue("source");
  await world.pipe();
  await world.send("once");
  await until(() => rounds() === 40);
  assert.equal(world.loops.length, 1);
  const [loop] = world.loops;
  assert.equal(loop?.covered, false);
  assert.equal(loop?.stopped, false);
  for (const arn of [FUNCTION, SOURCE, PIPE]) assert(loop?.cycle.includes(arn), arn);
});

test("a function that writes to the table of its own pipe is reported as a loop that AWS would let run", async () => {
  const { lambda, rounds } = again(40, (traceHeader, round) =>
    world.put(`round-${round}`, { ...CALLER, traceHeader }),
  );
  const world = new TestCloud({ services: [lambda] });
  await using _ = world;
  const Source = await world.table();
  const DynamoDBStreamParameters = { StartingPosition: "TRIM_HORIZON" as const };
  await world.pipe({ Source, SourceParameters: { DynamoDBStreamParameters } });
  await world.put("first");
  await until(() => rounds() === 40);
  assert.equal(world.loops.length, 1);
  const [loop] = world.loops;
  assert.equal(loop?.covered, false);
  for (const arn of [FUNCTION, PIPE]) assert(loop?.cycle.includes(arn), arn);
  assert(loop?.hops.some(({ from, to }) => from === Source && to === PIPE));
});

test("a pipe from a queue to the same queue is found, with no function in it", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  const TargetParameters = { InputTemplate: "<$.body>" };
  await world.pipe({ Target: arnOf("sqs", "source"), TargetParameters });
  const traceHeader = "Root=1-6968d600-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0";
  await world.cloud.call({ ...CALLER, traceHeader }, "sqs", "SendMessage", {
    QueueUrl: `${world.cloud.endpoint}/${ACCOUNT}/source`,
    MessageBody: "round",
  });
  await until(() => world.loops.length === 1);
  assert.equal(world.loops[0]?.covered, false);
  assert(world.loops[0]?.cycle.includes(PIPE));
});

test("a pipe in a loop is stopped where such loops are to be, and its message ends as a dead letter", async () => {
  await using world = new TestCloud({ stopUncoveredLoops: true });
  await world.queue("dead");
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arnOf("sqs", "dead"),
    maxReceiveCount: 2,
  });
  await world.queue("source", { RedrivePolicy, VisibilityTimeout: "30" });
  const TargetParameters = { InputTemplate: "<$.body>" };
  await world.pipe({ Target: arnOf("sqs", "source"), TargetParameters });
  const traceHeader = "Root=1-6968d600-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0";
  await world.cloud.call({ ...CALLER, traceHeader }, "sqs", "SendMessage", {
    QueueUrl: `${world.cloud.endpoint}/${ACCOUNT}/source`,
    MessageBody: "round",
  });
  await world.advance(120_000);
  assert.equal(world.loops[0]?.stopped, true);
  assert.equal(await world.left(), 0);
  assert.deepEqual(await world.received("dead"), ["round"]);
});
