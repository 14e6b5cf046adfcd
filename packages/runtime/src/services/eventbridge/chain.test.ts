import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arnOf, CALLER, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "orders");
const DEAD = arnOf("sqs", "dead");
const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
const BUS = arnOf("events", "event-bus/default");

/** Whatever the rule sends to the queue puts an event that the rule matches again. */
async function goRound(test: TestCloud, rounds: number): Promise<string> {
  const rule = await test.rule("loop", { source: ["shop"] }, [
    { Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } },
  ]);
  await test.put({}, {}, { ...CALLER, traceHeader: TRACE });
  for (let round = 0; round < rounds; round += 1) {
    const received = await test.received(QUEUE);
    const { traceHeader } = received[round]?.caller ?? {};
    if (traceHeader === undefined) break;
    await test.put({}, {}, { ...CALLER, traceHeader });
  }
  return rule;
}

describe("a chain of requests through a rule", () => {
  it("is followed from the bus through the rule to the target", async () => {
    await using test = new TestCloud();
    const hops: string[] = [];
    test.cloud.notices.on("hop", ({ from, to }) => hops.push(`${from} ${to}`));
    const rule = await test.rule("r", { source: ["shop"] }, [{ Arn: QUEUE }]);
    const traceHeader = TRACE;
    await test.put({}, {}, { ...CALLER, traceHeader });
    const [received] = await test.received(QUEUE);
    assert.match(received?.caller.traceHeader ?? "", /^Root=1-5759e988-bd862e3fe1be46a994272793;/);
    assert.deepEqual(hops, [`${CALLER.principal} ${BUS}`, `${BUS} ${rule}`, `${rule} ${QUEUE}`]);
  });

  it("goes on through every bus that a request's entries are for", async () => {
    await using test = new TestCloud();
    const reached: string[] = [];
    test.cloud.notices.on("hop", ({ to }) => reached.push(to));
    const entry = { Source: "shop", DetailType: "order", Detail: "{}" };
    const Entries = [entry, { ...entry, EventBusName: "second" }, entry];
    const traceHeader = TRACE;
    await test.cloud.call({ ...CALLER, traceHeader }, "eventbridge", "PutEvents", { Entries });
    assert.deepEqual(reached, [BUS, arnOf("events", "event-bus/second")]);
  });

  it("that comes round is reported as a loop that AWS would let run, and runs", async () => {
    await using test = new TestCloud();
    const functionArn = arnOf("lambda", "function:f");
    const rule = await test.rule("loop", { source: ["shop"] }, [{ Arn: functionArn }]);
    let caller = CALLER;
    for (let invocation = 0; invocation < 20; invocation += 1) {
      const { stopped, traceHeader } = await test.cloud.chains.enter(
        caller,
        functionArn,
        "Terminate",
      );
      assert.equal(stopped, false);
      await test.put({}, {}, { ...CALLER, traceHeader });
      const received = await test.received(functionArn);
      caller = received.at(-1)?.caller ?? assert.fail();
    }
    const [loop, ...others] = test.cloud.chains.report().loops;
    assert.deepEqual(others, []);
    assert.equal(loop?.covered, false);
    assert.deepEqual(new Set(loop?.cycle), new Set([functionArn, BUS, rule]));
  });

  it("that comes round with no function in it is stopped at the rule, where such loops are", async () => {
    await using test = new TestCloud({ stopUncoveredLoops: true });
    const rule = await goRound(test, 100);
    assert.equal((await test.received(QUEUE)).length, 16);
    const [dead] = await test.received(DEAD);
    assert.match(dead?.attributes?.ERROR_MESSAGE?.StringValue ?? "", /came round/);
    assert.equal(await test.metric("DeadLetterInvocations", "RuleName=loop"), 1);
    const [loop] = test.cloud.chains.report().loops;
    assert.deepEqual([loop?.covered, loop?.stopped, loop?.cycle[0]], [false, true, rule]);
  });
});
