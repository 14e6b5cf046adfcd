import assert from "node:assert";
import { test } from "node:test";
import type { PutMetricDataInput } from "@aws-sdk/client-cloudwatch";
import type { Caller } from "../call.ts";
import type { VirtualClock } from "../clock/virtual.ts";
import { Cloud } from "../cloud.ts";
import { defineService } from "../service.ts";
import type { Hop } from "./hop.ts";
import type { LoopingChain } from "./looping-chain.ts";

const ACCOUNT = "123456789012";
const REGION = "eu-central-1";
const CALLER: Caller = {
  account: ACCOUNT,
  region: REGION,
  principal: `arn:aws:iam::${ACCOUNT}:root`,
};
const START = Date.UTC(2026, 0, 15, 12);
const HOUR_MS = 3_600_000;

const arnOf = (service: string, name: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;
const functionArn = (name: string) => arnOf("lambda", `function:${name}`);

/** A cloud of which only the door is real: queues and topics that take everything in, and say by which name. */
function cloudOfChains() {
  const puts: PutMetricDataInput[] = [];
  const sqs = defineService({
    name: "sqs",
    operations: { SendMessage: () => ({}) },
    carries: { SendMessage: (_caller, { QueueUrl }) => arnOf("sqs", QueueUrl ?? "") },
  });
  const sns = defineService({
    name: "sns",
    operations: { Publish: () => ({}) },
    carries: { Publish: (_caller, { TopicArn }) => TopicArn ?? "" },
  });
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, input) => {
        puts.push(input);
        return {};
      },
    },
  });
  const cloud = new Cloud({
    services: [sqs, sns, cloudwatch],
    clock: "virtual",
    startTime: START,
  });
  const hops: Hop[] = [];
  const loops: LoopingChain[] = [];
  cloud.notices.on("hop", (hop) => hops.push(hop)).on("loop", (loop) => loops.push(loop));

  const invoke = async (
    name: string,
    caller: Caller = CALLER,
    recursiveLoop: "Allow" | "Terminate" = "Terminate",
  ) => {
    const { stopped, traceHeader } = await cloud.chains.enter(
      caller,
      functionArn(name),
      recursiveLoop,
    );
    return { stopped, caller: { ...CALLER, traceHeader } };
  };
  const send = async (caller: Caller, queue: string): Promise<Caller> => {
    await cloud.call(caller, "sqs", "SendMessage", { QueueUrl: queue, MessageBody: "" });
    return { ...caller, source: arnOf("sqs", queue) };
  };
  const publish = async (caller: Caller, topic: string): Promise<Caller> => {
    await cloud.call(caller, "sns", "Publish", { TopicArn: arnOf("sns", topic), Message: "" });
    return { ...caller, source: arnOf("sns", topic) };
  };
  return {
    cloud,
    hops,
    loops,
    puts,
    invoke,
    send,
    publish,
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

type World = ReturnType<typeof cloudOfChains>;

/** Goes round until the loop is stopped; resolves with how often its function ran. */
async function loopUntilStopped(
  { invoke, send }: World,
  name = "f",
  first = CALLER,
): Promise<number> {
  let caller = first;
  for (let runs = 0; ; runs += 1) {
    assert(runs < 100);
    const entered = await invoke(name, caller);
    if (entered.stopped) return runs;
    caller = await send(entered.caller, "q");
  }
}

test("A loop through a queue is stopped after sixteen runs, and its path is told hop by hop", async () => {
  await using world = cloudOfChains();
  assert.equal(await loopUntilStopped(world), 16);
  const [loop] = world.cloud.chains.report().loops;
  assert.deepEqual(loop!.cycle, [functionArn("f"), arnOf("sqs", "q")]);
  const { functionArn: stopped, invocations, depth, drops, firstSeenAt } = loop!;
  assert.deepEqual(
    { stopped, invocations, depth, drops, firstSeenAt },
    { stopped: functionArn("f"), invocations: 16, depth: 16, drops: 1, firstSeenAt: START },
  );
  // Sixteen runs and the one that was refused, with a message between every two.
  assert.equal(loop!.hops.length, 33);
  assert.equal(loop!.hops[0]!.from, CALLER.principal);
  for (const [index, hop] of loop!.hops.entries())
    if (index > 0)
      assert.equal(hop.from, loop!.hops[index - 1]!.to, "each hop begins where the last one ended");
  const actions = new Set(loop!.hops.map(({ action }) => action));
  assert.deepEqual([...actions], ["lambda:Invoke", "sqs:SendMessage"]);
  const runs = loop!.hops.filter(({ to }) => to === functionArn("f"));
  assert.deepEqual(
    runs.map(({ invocation }) => invocation?.depth),
    Array.from({ length: 17 }, (_, index) => index + 1),
  );
});

test("A topic that delivers to a queue that a function reads is one cycle of three", async () => {
  await using world = cloudOfChains();
  let caller: Caller = CALLER;
  for (;;) {
    const entered = await world.invoke("f", caller);
    if (entered.stopped) break;
    caller = await world.send(await world.publish(entered.caller, "t"), "q");
  }
  const [loop] = world.loops;
  assert.deepEqual(loop!.cycle, [functionArn("f"), arnOf("sns", "t"), arnOf("sqs", "q")]);
});

test("A loop of two functions is told with both, from the one that was stopped", async () => {
  await using world = cloudOfChains();
  let caller: Caller = CALLER;
  let stopped = "";
  for (let turn = 0; stopped === ""; turn += 1) {
    const name = turn % 2 === 0 ? "f" : "g";
    const entered = await world.invoke(name, caller);
    if (entered.stopped) stopped = name;
    caller = await world.send(entered.caller, `to-${turn % 2 === 0 ? "g" : "f"}`);
  }
  const { cycle } = world.loops[0]!;
  const other = stopped === "f" ? "g" : "f";
  assert.deepEqual(cycle, [
    functionArn(stopped),
    arnOf("sqs", `to-${other}`),
    functionArn(other),
    arnOf("sqs", `to-${stopped}`),
  ]);
});

test("A fan-out to a hundred messages that each invoke a function once is no loop", async () => {
  await using world = cloudOfChains();
  const { caller } = await world.invoke("splitter");
  for (let item = 0; item < 100; item += 1) {
    const { stopped } = await world.invoke("worker", await world.send(caller, "q"));
    assert.equal(stopped, false);
  }
  assert.deepEqual(world.cloud.chains.report().loops, []);
  const runs = world.hops.filter(({ to }) => to === functionArn("worker"));
  assert(runs.every(({ invocation }) => invocation?.depth === 2));
});

test("In a fan-out of which one branch loops, the path is that branch's alone", async () => {
  await using world = cloudOfChains();
  const { caller } = await world.invoke("splitter");
  for (let item = 0; item < 5; item += 1)
    await world.invoke("worker", await world.send(caller, "work"));
  await loopUntilStopped(world, "f", await world.send(caller, "q"));
  const [loop] = world.loops;
  assert.deepEqual(
    loop!.hops.slice(0, 3).map(({ to }) => to),
    [functionArn("splitter"), arnOf("sqs", "q"), functionArn("f")],
  );
  assert(loop!.hops.every(({ to }) => to !== functionArn("worker") && to !== arnOf("sqs", "work")));
  assert.deepEqual(loop!.cycle, [functionArn("f"), arnOf("sqs", "q")]);
});

test("A function that may loop is not stopped, and of it nothing is told", async () => {
  await using world = cloudOfChains();
  let caller: Caller = CALLER;
  for (let run = 0; run < 60; run += 1) {
    const entered = await world.invoke("f", caller, "Allow");
    assert.equal(entered.stopped, false);
    caller = await world.send(entered.caller, "q");
  }
  assert.deepEqual(
    [world.loops, world.puts, world.cloud.chains.report().healthEvents],
    [[], [], []],
  );
});

test("Each refusal of a message counts, and is put as a metric at once; the loop is told once a chain", async () => {
  await using world = cloudOfChains();
  let caller: Caller = CALLER;
  for (;;) {
    const before = caller;
    const entered = await world.invoke("f", caller);
    if (entered.stopped) {
      caller = before;
      break;
    }
    caller = await world.send(entered.caller, "q");
  }
  await (world.cloud.clock as VirtualClock).advance(30_000);
  for (let receive = 0; receive < 3; receive += 1)
    assert.equal((await world.invoke("f", caller)).stopped, true);
  assert.equal(
    world.cloud.chains.wouldStop(caller.traceHeader, functionArn("f"), "Terminate"),
    true,
  );
  assert.equal(world.cloud.chains.wouldStop(caller.traceHeader, functionArn("f"), "Allow"), false);
  assert.equal(world.loops.length, 1);
  const [loop] = world.cloud.chains.report().loops;
  assert.equal(loop!.drops, 4);
  const data = world.puts.flatMap(({ MetricData = [] }) => MetricData);
  const ofFunction = data.filter(({ Dimensions = [] }) => Dimensions[0]?.Value === "f");
  assert.equal(
    ofFunction.flatMap(({ Counts = [] }) => Counts).reduce((sum, count) => sum + count, 0),
    4,
  );
  assert(data.every(({ MetricName }) => MetricName === "RecursiveInvocationsDropped"));
  assert(world.puts.every(({ Namespace }) => Namespace === "AWS/Lambda"));
});

test("A refusal stands even when CloudWatch cannot take its metric", async () => {
  await using cloud = new Cloud({ services: [], clock: "virtual" });
  const defects: unknown[] = [];
  cloud.notices.on("defect", (defect) => defects.push(defect));
  let caller: Caller = CALLER;
  for (let run = 0; run <= 16; run += 1) {
    const { stopped, traceHeader } = await cloud.chains.enter(
      caller,
      functionArn("f"),
      "Terminate",
    );
    assert.equal(stopped, run === 16);
    caller = { ...CALLER, traceHeader };
  }
  assert.match(String(defects), /NotImplemented|does not implement/);
});

test("AWS Health tells of a function once a day, however many of its chains are stopped", async () => {
  await using world = cloudOfChains();
  const clock = world.cloud.clock as VirtualClock;
  for (const name of ["f", "f", "g"]) await loopUntilStopped(world, name);
  assert.equal(world.cloud.chains.report().healthEvents.length, 2);
  await clock.advance(11 * HOUR_MS);
  await loopUntilStopped(world, "f");
  assert.equal(world.cloud.chains.report().healthEvents.length, 2);
  await clock.advance(HOUR_MS);
  await loopUntilStopped(world, "f");
  const { healthEvents, loops } = world.cloud.chains.report();
  assert.equal(healthEvents.length, 3);
  assert.equal(loops.length, 5);
  const { source, account, region, time, resources, detail } = healthEvents[0]!;
  assert.deepEqual(
    { source, account, region, time, resources, type: detail.eventTypeCode },
    {
      source: "aws.health",
      account: ACCOUNT,
      region: REGION,
      time: "2026-01-16T00:00:00Z",
      resources: [functionArn("f")],
      type: "AWS_LAMBDA_RUNAWAY_TERMINATION_NOTIFICATION",
    },
  );
  assert(
    loops.every(
      ({ firstSeenAt }, index) => index === 0 || firstSeenAt <= loops[index - 1]!.firstSeenAt,
    ),
  );
});

test("A call without a trace header is no part of a chain; other fields of a header travel on", async () => {
  await using world = cloudOfChains();
  await world.send(CALLER, "q");
  await world.send({ ...CALLER, traceHeader: "nonsense" }, "q");
  assert.deepEqual(world.hops, []);
  const traceHeader =
    "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Self=x";
  const { caller } = await world.invoke("f", { ...CALLER, traceHeader });
  assert.match(caller.traceHeader, /^Root=1-67891233-abcdef012345678912345678;/);
  assert.match(caller.traceHeader, /Sampled=1/);
  assert.match(caller.traceHeader, /Self=x/);
  assert.match(caller.traceHeader, /Lineage=1:[0-9a-f]{8}:0/);
});

test("Of a chain that went on and on, the latest thousand hops are remembered", async () => {
  await using world = cloudOfChains();
  let caller: Caller = CALLER;
  for (let run = 0; run < 600; run += 1)
    caller = await world.send((await world.invoke("f", caller, "Allow")).caller, "q");
  assert.equal((await world.invoke("f", caller)).stopped, true);
  const [loop] = world.loops;
  assert(loop!.hops.length <= 1_001);
  assert.deepEqual(loop!.cycle, [functionArn("f"), arnOf("sqs", "q")]);
});
