/**
 * Step Functions, over HTTP: state transitions of 50 executions at once, Standard with a data directory and Express;
 * a day's Wait under the virtual clock; and a Map over 10,000 items with a function. A transition is one state entered.
 * The machine of the transitions goes round twenty times through a Pass, a Choice, and a Task that writes an item:
 * each Task is a turn that is committed. Compared with aws-local-stepfunctions, in rounds that alternate, where it can
 * do the same: it calls no service, so its machine has a Pass in the Task's place.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Benchmark, type Figure, inWords, median } from "./figure.ts";
import {
  type Connection,
  dynamodbRequest,
  httpRequest,
  load,
  open,
  statesRequest,
} from "./load.ts";
import {
  makeDirectory,
  type ServerProcess,
  startFlyball,
  startLocalStepFunctions,
} from "./processes.ts";
import { System } from "./system.ts";

const ROUNDS = 5;
const EXECUTIONS = 50;
const LAPS = 20;
/** Pass, Choice, Task; the last Choice leads to the end. */
const TRANSITIONS = EXECUTIONS * (LAPS * 3 + 3);
const ITEMS = 10_000;
const CONCURRENCY = 40;
/** What a Map may take beside the same invokes by themselves. */
const MAP_TOLERANCE = 1.25;
const DAY_S = 86_400;
const ROLE_ARN = "arn:aws:iam::000000000000:role/bench";

const WRITE = {
  Type: "Task",
  Resource: "arn:aws:states:::dynamodb:updateItem",
  Parameters: {
    TableName: "laps",
    Key: { id: { "S.$": "$.id" } },
    UpdateExpression: "ADD laps :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  },
  ResultPath: null,
  Next: "Count",
};

function lapsOf(work: object): object {
  return {
    StartAt: "Count",
    States: {
      Count: {
        Type: "Pass",
        Parameters: { "id.$": "$.id", "lap.$": "States.MathAdd($.lap, 1)" },
        Next: "Again?",
      },
      "Again?": {
        Type: "Choice",
        Choices: [{ Variable: "$.lap", NumericLessThanEquals: LAPS, Next: "Work" }],
        Default: "Done",
      },
      Work: work,
      Done: { Type: "Succeed" },
    },
  };
}

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const durable = await startFlyball({ dataDirectory: directory.path });
  const local = await startLocalStepFunctions();
  const machines = await makeMachines(durable);
  const perSecond = {
    standard: [] as number[],
    express: [] as number[],
    passes: [] as number[],
    local: [] as number[],
  };
  for (let round = 0; round <= ROUNDS; round += 1) {
    progress(round === 0 ? "warming up" : `transitions, round ${round} of ${ROUNDS}`);
    const standard = await rateOf(() => runStandard(durable, machines.standard, round));
    const express = await rateOf(() => runExpress(durable, machines.express, "work"));
    const passes = await rateOf(() => runExpress(durable, machines.passes, "pass"));
    const theirs = await rateOf(() => runLocal(local));
    if (round === 0) continue;
    perSecond.standard.push(standard);
    perSecond.express.push(express);
    perSecond.passes.push(passes);
    perSecond.local.push(theirs);
  }
  await local.stop();
  const map = await mapFigure(durable, progress);
  await durable.stop();
  directory.remove();
  const ofLocal = `aws-local-stepfunctions, Pass states alone, nothing kept: ${inWords(median(perSecond.local), "/s")}`;
  return [
    {
      what: `transitions of ${EXECUTIONS} Standard executions at once, durable, a third of them Tasks`,
      measured: median(perSecond.standard),
      unit: "/s",
      asked: { atLeast: 1_000 },
      comparedWith: ofLocal,
    },
    {
      what: `transitions of ${EXECUTIONS} Express executions at once, a third of them Tasks`,
      measured: median(perSecond.express),
      unit: "/s",
      asked: { atLeast: 2_000 },
      comparedWith: ofLocal,
    },
    {
      what: "the same, Pass and Choice states alone",
      measured: median(perSecond.passes),
      unit: "/s",
      comparedWith: ofLocal,
    },
    await waitFigure(progress),
    map,
  ];
};

/** Transitions a second. */
async function rateOf(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return (TRANSITIONS / (performance.now() - begun)) * 1000;
}

async function makeMachines(server: ServerProcess) {
  const connection = await open(server.port);
  await connection.exchange(
    dynamodbRequest("CreateTable", {
      TableName: "laps",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  const standard = await createMachine(connection, "standard", "STANDARD", lapsOf(WRITE));
  const express = await createMachine(connection, "express", "EXPRESS", lapsOf(WRITE));
  const passes = await createMachine(connection, "passes", "EXPRESS", lapsOf(PASS));
  connection.close();
  return { standard, express, passes };
}

const PASS = { Type: "Pass", Next: "Count" };

async function createMachine(
  connection: Connection,
  name: string,
  type: "STANDARD" | "EXPRESS",
  definition: object,
): Promise<string> {
  const input = { name, type, definition: JSON.stringify(definition), roleArn: ROLE_ARN };
  return (await answer(connection, "CreateStateMachine", input)).stateMachineArn;
}

async function answer(connection: Connection, operation: string, input: object) {
  return JSON.parse(String(await connection.exchange(statesRequest(operation, input))));
}

async function runExpress(
  server: ServerProcess,
  stateMachineArn: string,
  id: string,
): Promise<void> {
  const input = JSON.stringify({ id, lap: 0 });
  await load({
    port: server.port,
    connections: EXECUTIONS,
    turns: EXECUTIONS,
    turn: async (connection) => {
      const { status, cause } = await answer(connection, "StartSyncExecution", {
        stateMachineArn,
        input,
      });
      assert.equal(status, "SUCCEEDED", cause);
    },
  });
}

/** The executions have begun when they are started, and are over when none runs. */
async function runStandard(
  server: ServerProcess,
  stateMachineArn: string,
  round: number,
): Promise<void> {
  const connection = await open(server.port);
  for (let number = 0; number < EXECUTIONS; number += 1) {
    const input = JSON.stringify({ id: `${round}-${number}`, lap: 0 });
    await answer(connection, "StartExecution", { stateMachineArn, input });
  }
  const listed = { stateMachineArn, statusFilter: "RUNNING", maxResults: 1 };
  while ((await answer(connection, "ListExecutions", listed)).executions.length > 0) await sleep(5);
  const failed = await answer(connection, "ListExecutions", { ...listed, statusFilter: "FAILED" });
  assert.deepEqual(failed.executions, []);
  connection.close();
}

async function runLocal(server: ServerProcess): Promise<void> {
  const definition = lapsOf(PASS);
  const input = { id: "local", lap: 0 };
  const response = await fetch(server.endpoint, {
    method: "POST",
    body: JSON.stringify({ definition, input, executions: EXECUTIONS }),
  });
  assert.equal(response.status, 200);
}

/** What a day costs that a thousand executions wait for. */
async function waitFigure(progress: (doing: string) => void): Promise<Figure> {
  progress("waiting for a day under the virtual clock");
  const server = await startFlyball({ flags: ["--clock", "virtual"] });
  const connection = await open(server.port);
  const definition = {
    StartAt: "Wait",
    States: { Wait: { Type: "Wait", Seconds: DAY_S, End: true } },
  };
  const stateMachineArn = await createMachine(connection, "waits", "STANDARD", definition);
  for (let number = 0; number < 1_000; number += 1)
    await answer(connection, "StartExecution", { stateMachineArn });
  const begun = performance.now();
  await connection.exchange(
    httpRequest(
      "/_flyball/clock",
      "",
      { "content-type": "application/json" },
      JSON.stringify({ advanceSeconds: DAY_S }),
    ),
  );
  const tookMs = performance.now() - begun;
  const listed = { stateMachineArn, statusFilter: "SUCCEEDED", maxResults: 1_000 };
  assert.equal((await answer(connection, "ListExecutions", listed)).executions.length, 1_000);
  connection.close();
  await server.stop();
  return {
    what: "a day that 1,000 executions wait, under the virtual clock",
    measured: tookMs,
    unit: "ms",
    comparedWith: `the day: ${inWords(DAY_S * 1000, "ms")}`,
  };
}

/** A Map's time beside that of as many invokes of the same function, as many at once. */
async function mapFigure(
  server: ServerProcess,
  progress: (doing: string) => void,
): Promise<Figure> {
  await new System(server.endpoint).createFunction("waits", "waits.cjs", "nodejs24.x");
  const connection = await open(server.port);
  const definition = {
    StartAt: "Make items",
    States: {
      "Make items": {
        Type: "Pass",
        QueryLanguage: "JSONata",
        Output: `{% $map([1..${ITEMS}], function($n) { $n }) %}`,
        Next: "Each",
      },
      Each: {
        Type: "Map",
        MaxConcurrency: CONCURRENCY,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "Wait for it",
          States: {
            "Wait for it": {
              Type: "Task",
              Resource: "arn:aws:states:::lambda:invoke",
              Parameters: { FunctionName: "waits", "Payload.$": "$" },
              ResultPath: null,
              End: true,
            },
          },
        },
        ResultPath: null,
        End: true,
      },
    },
  };
  const stateMachineArn = await createMachine(connection, "each", "EXPRESS", definition);
  const direct = async () => {
    const request = httpRequest("/2015-03-31/functions/waits/invocations", "lambda", {}, "1");
    const begun = performance.now();
    await load({
      port: server.port,
      connections: CONCURRENCY,
      turns: ITEMS,
      turn: (each) => each.exchange(request),
    });
    return performance.now() - begun;
  };
  progress(`${inWords(ITEMS, "invokes")} by themselves, ${CONCURRENCY} at once`);
  await direct();
  const directMs: number[] = [];
  const mapMs: number[] = [];
  for (let round = 1; round <= 2; round += 1) {
    progress(`a Map of ${inWords(ITEMS, "items")}, and as many invokes, round ${round} of 2`);
    directMs.push(await direct());
    const begun = performance.now();
    const { status, cause } = await answer(connection, "StartSyncExecution", { stateMachineArn });
    assert.equal(status, "SUCCEEDED", cause);
    mapMs.push(performance.now() - begun);
  }
  connection.close();
  const alone = median(directMs);
  return {
    what: `a Map of 10,000 items with a function of 20 ms, ${CONCURRENCY} at once`,
    measured: median(mapMs) / 1000,
    unit: "s",
    asked: { atMost: (alone / 1000) * MAP_TOLERANCE },
    comparedWith: `as many invokes by themselves: ${inWords(alone / 1000, "s")}`,
  };
}
