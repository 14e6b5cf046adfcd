import assert from "node:assert";
import { test } from "node:test";
import { parseTraceHeader } from "@flyball/lineage";
import type { Call, Caller } from "../call.ts";
import { Cloud } from "../cloud.ts";
import { defineService } from "../service.ts";
import type { LoopingChain } from "./looping-chain.ts";

const OUTSIDE: Caller = {
  account: "123456789012",
  region: "eu-central-1",
  principal: "arn:aws:iam::123456789012:root",
};
const arnOf = (service: string, name: string) =>
  `arn:aws:${service}:${OUTSIDE.region}:${OUTSIDE.account}:${name}`;
const MACHINE = arnOf("states", "stateMachine:work");
const RULE = arnOf("events", "rule/each");
const BUS = arnOf("events", "event-bus/default");
const QUEUE = arnOf("sqs", "jobs");
const FUNCTION = arnOf("lambda", "function:again");
const REFUSED = { code: "RecursiveInvocationException" };

/** A cloud whose services take everything in; `taken` is the caller that they would keep, and go on with. */
function openCloud({ stopUncoveredLoops = false } = {}) {
  const world = { taken: OUTSIDE, told: [] as LoopingChain[] };
  const take = <Answer>(answer: Answer) => {
    return ({ caller: { source, fedBy, ...kept } }: Call) => {
      world.taken = kept;
      return answer;
    };
  };
  const lambda = defineService({
    name: "lambda",
    operations: {
      Invoke: async ({ cloud, caller }) => {
        const entered = await cloud.chains.enter(caller, FUNCTION, "Terminate");
        if (entered.stopped) return { StatusCode: 400 };
        world.taken = { ...OUTSIDE, traceHeader: entered.traceHeader };
        return { StatusCode: 200 };
      },
    },
  });
  const sqs = defineService({
    name: "sqs",
    operations: { SendMessage: take({ MD5OfMessageBody: "", MessageId: "" }) },
    carries: { SendMessage: () => QUEUE },
  });
  const sfn = defineService({
    name: "sfn",
    operations: { StartExecution: take({ executionArn: "", startDate: new Date(0) }) },
  });
  const eventbridge = defineService({
    name: "eventbridge",
    operations: { PutEvents: take({}) },
    carries: { PutEvents: () => BUS },
  });
  const cloud = new Cloud({
    services: [lambda, sqs, sfn, eventbridge],
    clock: "virtual",
    stopUncoveredLoops,
  });
  cloud.notices.on("loop", (loop) => world.told.push(loop));
  const from = (source?: string, fedBy?: string): Caller => ({
    ...world.taken,
    ...(source === undefined ? {} : { source }),
    ...(fedBy === undefined ? {} : { fedBy }),
  });
  return {
    world,
    cloud,
    /** Whether the function ran. */
    invoke: async (source?: string, fedBy?: string) => {
      const answer = await cloud.call(from(source, fedBy), "lambda", "Invoke", {
        FunctionName: FUNCTION,
      });
      return answer.StatusCode === 200;
    },
    start: (source?: string) =>
      cloud.call(from(source), "sfn", "StartExecution", { stateMachineArn: MACHINE }),
    put: (source?: string) => cloud.call(from(source), "eventbridge", "PutEvents", { Entries: [] }),
    send: (source?: string) =>
      cloud.call(from(source), "sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody: "" }),
    lineage: () => parseTraceHeader(world.taken.traceHeader ?? "").lineage,
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

// Source for what AWS covers: the Lambda developer guide, "Use Lambda recursive loop detection", "Supported AWS services".
test("A function behind a state machine is given the header of a new chain, and the loop is reported, not stopped", async () => {
  await using t = openCloud();
  for (let run = 0; run < 40; run += 1) {
    assert.equal(await t.invoke(run === 0 ? undefined : MACHINE), true);
    assert.equal(t.lineage()?.depth, 1);
    await t.start();
  }
  assert.equal(t.world.told.length, 1);
  const [loop] = t.world.told;
  assert.deepEqual([loop!.covered, loop!.stopped], [false, false]);
  assert.deepEqual(loop!.cycle, [FUNCTION, MACHINE]);
  assert.equal(loop!.invocations, 16);
});

test("Through a rule, the path names the bus and the rule", async () => {
  await using t = openCloud();
  for (let run = 0; run < 20; run += 1) {
    await (run === 0 ? t.invoke() : t.invoke(RULE, BUS));
    await t.put();
  }
  assert.deepEqual(t.world.told[0]!.cycle, [FUNCTION, BUS, RULE]);
});

test("A loop that AWS would not stop is stopped where that is asked for, after as many rounds", async () => {
  await using t = openCloud({ stopUncoveredLoops: true });
  let runs = 0;
  while (await t.invoke(runs === 0 ? undefined : MACHINE)) {
    runs += 1;
    assert(runs <= 32);
    await t.start();
  }
  assert.equal(runs, 16);
  const { told } = t.world;
  assert.deepEqual(
    told.map(({ covered, stopped }) => [covered, stopped]),
    [[false, true]],
  );
  // What AWS knows nothing of has neither its metric nor its event.
  assert.deepEqual(t.cloud.chains.report().healthEvents, []);
});

test("State machines that start one another need no function to be found, nor a header to begin with", async () => {
  await using t = openCloud();
  await t.start();
  for (let round = 0; round < 30; round += 1) await t.start(MACHINE);
  assert.equal(t.world.told.length, 1);
  assert.deepEqual(t.world.told[0]!.cycle, [MACHINE]);

  await using stopping = openCloud({ stopUncoveredLoops: true });
  await stopping.start();
  await assert.rejects(async () => {
    for (let round = 0; round < 30; round += 1) await stopping.start(MACHINE);
  }, REFUSED);
});

test("What was refused is refused again: a queue gives its message a second time", async () => {
  await using t = openCloud({ stopUncoveredLoops: true });
  await t.start();
  await assert.rejects(async () => {
    for (let round = 0; round < 30; round += 1) await t.start(MACHINE);
  }, REFUSED);
  await assert.rejects(() => t.start(MACHINE), REFUSED);
});

test("Tasks of one execution, however many, are no loop", async () => {
  await using t = openCloud({ stopUncoveredLoops: true });
  await t.start();
  const execution = t.world.taken;
  for (let task = 0; task < 100; task += 1) {
    t.world.taken = execution;
    assert.equal(await t.invoke(MACHINE), true);
  }
  assert.deepEqual(t.world.told, []);
});

test("A loop that AWS covers stays its own, whatever else the chain came through before", async () => {
  await using t = openCloud();
  await t.invoke();
  await t.start();
  await t.invoke(MACHINE);
  let runs = 1;
  for (; ; runs += 1) {
    await t.send();
    if (!(await t.invoke(QUEUE))) break;
    assert(runs <= 32);
  }
  assert.equal(runs, 16);
  const covered = t.world.told.filter((loop) => loop.covered);
  assert.equal(covered.length, 1);
  assert.equal(t.cloud.chains.report().healthEvents.length, 1);
});

test("Of a batch out of several streams' chains, the header of the one that has come round most is handed on", async () => {
  await using t = openCloud();
  await t.invoke();
  await t.start();
  const shortChain = t.world.taken.traceHeader;
  for (let round = 0; round < 5; round += 1) {
    await t.invoke(MACHINE);
    await t.start();
  }
  const { traceHeader } = t.world.taken;
  // As a stream has them: AWS's lineage is gone.
  const passed = [shortChain, traceHeader].map((header) => header?.replace(/;?Lineage=[^;]*/, ""));
  assert.equal(t.cloud.chains.headerOfBatch([undefined, ...passed], FUNCTION), passed[1]);
});
