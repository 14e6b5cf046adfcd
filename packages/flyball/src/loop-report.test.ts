import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hop, LoopingChain } from "@flyball/runtime";
import { HopLines, labelOf, loopLines, pathLines } from "./loop-report.ts";

const arnOf = (service: string, resource: string) =>
  `arn:aws:${service}:us-east-1:000000000000:${resource}`;
const FUNCTION = arnOf("lambda", "function:again");
const MACHINE = arnOf("states", "stateMachine:work");
const BUS = arnOf("events", "event-bus/default");
const RULE = arnOf("events", "rule/done");
const ROOT = "1-6b02a7b0-b6f771e306b7a77a884f7154";

function hop(from: string, to: string, action: string, depth?: number): Hop {
  const invocation = depth === undefined ? {} : { invocation: { depth, count: depth - 1 } };
  return { ...{ root: ROOT, parent: "1", span: "2", at: 0 }, from, to, action, ...invocation };
}

function uncovered(cycle: readonly string[], stopped = false): LoopingChain {
  return {
    ...{ root: ROOT, account: "000000000000", region: "us-east-1", functionArn: cycle[0] ?? "" },
    ...{ invocations: 16, depth: 32, covered: false, stopped, drops: 1 },
    ...{ firstSeenAt: 0, lastSeenAt: 0, cycle, hops: [] },
  };
}

test("A resource has the name that people gave it, and the noun that AWS's console has for it", () => {
  assert.deepEqual(
    [
      FUNCTION,
      MACHINE,
      BUS,
      RULE,
      arnOf("events", "rule/shop/done"),
      arnOf("pipes", "pipe/p"),
      arnOf("scheduler", "schedule/default/nightly"),
      arnOf("dynamodb", "table/items/stream/2026-11-22T08:26:43.467"),
      arnOf("sqs", "orders"),
      "states.amazonaws.com",
    ].map(labelOf),
    [
      "again",
      "work (state machine)",
      "default (event bus)",
      "done (rule)",
      "done (rule)",
      "p (pipe)",
      "nightly (schedule)",
      "items (stream)",
      "orders (sqs)",
      "states.amazonaws.com",
    ],
  );
});

test("A loop that goes on is told with the command that holds it up at once", () => {
  const haltOf = (...cycle: string[]) =>
    /halt {5}(.*)/.exec(loopLines(uncovered(cycle)).join("\n"))?.[1];
  assert.equal(haltOf(MACHINE, BUS, RULE), "aws events disable-rule --name done");
  assert.equal(
    haltOf(MACHINE, arnOf("events", "rule/shop/done")),
    "aws events disable-rule --name done --event-bus-name shop",
  );
  assert.equal(
    haltOf(FUNCTION, MACHINE),
    "aws lambda put-function-concurrency --function-name again --reserved-concurrent-executions 0",
  );
  assert.equal(haltOf(arnOf("pipes", "pipe/p"), arnOf("sqs", "q")), "aws pipes stop-pipe --name p");
  assert.match(haltOf(MACHINE) ?? "", /^flyball start --stop-uncovered-loops/);
  assert.doesNotMatch(loopLines(uncovered([FUNCTION, MACHINE], true)).join("\n"), /halt/);
});

test("Each step of a chain is one line, though it is known as a call and as a machine that goes on", () => {
  const hops = new HopLines();
  const lines = [
    hop("states.amazonaws.com", MACHINE, "states"),
    hop(MACHINE, BUS, "eventbridge:PutEvents"),
    hop(BUS, RULE, "events"),
    hop(RULE, MACHINE, "sfn:StartExecution"),
    hop(RULE, MACHINE, "states"),
    hop(MACHINE, FUNCTION, "lambda:Invoke", 1),
    hop(BUS, RULE, "events"),
  ].map((each) => hops.lineOf(each)?.replace(/^\S+ \S+ /, ""));
  assert.deepEqual(lines, [
    undefined,
    "work (state machine) → default (event bus)  eventbridge:PutEvents",
    "default (event bus) → done (rule)",
    "done (rule) → work (state machine)  sfn:StartExecution",
    undefined,
    "work (state machine) → again  lambda:Invoke  invocation 1, as AWS counts: its count begins anew here",
    "default (event bus) → done (rule)",
  ]);
});

test("A path numbers its invocations from the beginning, where AWS's count begins anew as well", () => {
  const path = [
    hop("arn:aws:iam::000000000000:root", FUNCTION, "lambda:Invoke", 1),
    hop(FUNCTION, MACHINE, "sfn:StartExecution"),
    hop(MACHINE, FUNCTION, "lambda:Invoke", 1),
  ];
  assert.deepEqual(pathLines(path), [
    "   1  root (iam) → again",
    "      again → work (state machine)",
    "   2  work (state machine) → again",
  ]);
});
