import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetActivityTaskCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { eventually, FlyballProcess, Scratch, zipOf } from "../testing/flyball-process.ts";
import { ACTIVITY, FUNCTIONS, KINDS, type Kind, TOKENS } from "./executions.ts";
import { ACCOUNT, REGION, ROLE } from "./part.ts";
import { Random } from "./random.ts";

const SEED = Number(process.env.FLYBALL_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));
const OF_EACH_KIND = 3;
const KILLS = 3;
/** How long the cloud is let live before it is killed. */
const ALIVE_MS = [200, 1_200] as const;
const ENDED_MS_MAX = 30_000;
const WORKER = "worker";
const ACTIVITY_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:activity:${ACTIVITY}`;
const TOKENS_URL = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${TOKENS}`;

interface Started extends Kind {
  readonly name: string;
  readonly executionArn: string;
}

test("executions in all kinds of states go on after kill -9, and end as they should", async (context) => {
  context.diagnostic(`FLYBALL_CRASH_SEED=${SEED}`);
  const random = new Random(SEED);
  await using scratch = await Scratch.make();
  const words = ["--data-dir", join(scratch.path, "data")];
  const executions: Started[] = [];
  for (let life = 0; life < KILLS; life += 1) {
    await using flyball = await FlyballProcess.start(words, { cwd: scratch.path });
    const outside = new Outside(flyball);
    if (life === 0) {
      await outside.build();
      executions.push(...(await outside.startAll()));
    }
    await setTimeout(random.between(...ALIVE_MS));
    flyball.signal("SIGKILL");
    await flyball.ended();
    assert.equal(flyball.stderr, "", "a defect was reported");
  }
  await using flyball = await FlyballProcess.start(words, { cwd: scratch.path });
  const outside = new Outside(flyball);
  await Promise.all([
    outside.work(),
    eventually(
      "every end",
      async () => {
        await outside.answerTokens();
        return outside.allEnded(executions);
      },
      ENDED_MS_MAX,
    ),
  ]);
  for (const execution of executions) await outside.check(execution);
  // Its own, and one for each execution that waits for another: a repeated call has started none.
  assert.equal(await outside.countOf("waits"), 2 * OF_EACH_KIND);
  assert.equal(flyball.stderr, "", "a defect was reported");
});

/** Whoever uses Step Functions from outside: it starts, works, answers and looks. */
class Outside {
  readonly #sfn: SFNClient;
  readonly #sqs: SQSClient;
  readonly #lambda: LambdaClient;

  constructor({ clientConfig }: FlyballProcess) {
    this.#sfn = new SFNClient(clientConfig);
    this.#sqs = new SQSClient(clientConfig);
    this.#lambda = new LambdaClient(clientConfig);
  }

  async build(): Promise<void> {
    await this.#sqs.send(new CreateQueueCommand({ QueueName: TOKENS }));
    await this.#sfn.send(new CreateActivityCommand({ name: ACTIVITY }));
    for (const [FunctionName, code] of Object.entries(FUNCTIONS))
      await this.#lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: ROLE,
          Timeout: 10,
          Code: { ZipFile: zipOf(code) },
        }),
      );
  }

  /** Some of each kind. */
  async startAll(): Promise<Started[]> {
    const started: Started[] = [];
    for (const [name, kind] of Object.entries(KINDS)) {
      const { stateMachineArn } = await this.#sfn.send(
        new CreateStateMachineCommand({
          name,
          definition: JSON.stringify(kind.definition),
          roleArn: ROLE,
        }),
      );
      for (let place = 0; place < OF_EACH_KIND; place += 1) {
        const { executionArn = "" } = await this.#sfn.send(
          new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(kind.input) }),
        );
        started.push({ ...kind, name, executionArn });
      }
    }
    return started;
  }

  /** Does the work that waits for a worker: as many tasks as there are executions of that kind. */
  async work(): Promise<void> {
    for (let task = 0; task < OF_EACH_KIND; task += 1) {
      const { taskToken, input } = await this.#sfn.send(
        new GetActivityTaskCommand({ activityArn: ACTIVITY_ARN, workerName: WORKER }),
      );
      assert.ok(taskToken, "there was no task for the worker");
      const output = JSON.stringify({ done: JSON.parse(input ?? "") });
      await this.#sfn.send(new SendTaskSuccessCommand({ taskToken, output }));
    }
  }

  /** Answers whoever has left a token. A call that was repeated after a crash has left it twice. */
  async answerTokens(): Promise<void> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({ QueueUrl: TOKENS_URL, MaxNumberOfMessages: 10 }),
    );
    for (const { Body = "" } of Messages) {
      const { token } = JSON.parse(Body) as { readonly token: string };
      const answered = JSON.stringify({ answered: true });
      await this.#sfn
        .send(new SendTaskSuccessCommand({ taskToken: token, output: answered }))
        .catch((error) => {
          if (!(error instanceof TaskTimedOut)) throw error;
        });
    }
  }

  async allEnded(executions: readonly Started[]): Promise<boolean> {
    for (const { executionArn } of executions) {
      const { status } = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status === "RUNNING") return false;
    }
    return true;
  }

  async check(execution: Started): Promise<void> {
    const { executionArn, name, status, output, error, lastsMs } = execution;
    const ended = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
    const what = `${name}, ${executionArn} (seed ${SEED})`;
    assert.equal(ended.status, status, `${what}: ${ended.error} ${ended.cause}`);
    if (status === "SUCCEEDED") assert.deepEqual(JSON.parse(ended.output ?? "null"), output, what);
    assert.equal(ended.error, error, what);
    const lasted = Number(ended.stopDate) - Number(ended.startDate);
    assert.ok(lasted >= lastsMs, `${what} lasted ${lasted} ms`);
    const history: HistoryEvent[] = [];
    for await (const { events = [] } of paginateGetExecutionHistory(
      { client: this.#sfn },
      { executionArn },
    ))
      history.push(...events);
    checkHistory(history, what);
    if (execution.children !== undefined)
      assert.equal(await this.#childrenOf(executionArn), execution.children, what);
  }

  /** Those that its distributed Map has started: one for each item, though it was killed meanwhile. */
  async #childrenOf(executionArn: string): Promise<number> {
    const { mapRuns = [] } = await this.#sfn.send(new ListMapRunsCommand({ executionArn }));
    assert.equal(mapRuns.length, 1);
    const { executions = [] } = await this.#sfn.send(
      new ListExecutionsCommand({ mapRunArn: mapRuns[0]?.mapRunArn }),
    );
    return executions.length;
  }

  /** How many executions a machine has had. */
  async countOf(machine: string): Promise<number> {
    const { executions = [] } = await this.#sfn.send(
      new ListExecutionsCommand({
        stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${machine}`,
      }),
    );
    return executions.length;
  }
}

/** No event got lost or is told twice: ids without a gap, times in order, one end, nothing entered and not left. */
function checkHistory(history: readonly HistoryEvent[], what: string): void {
  let before = 0;
  for (const [place, { id, previousEventId = 0, timestamp }] of history.entries()) {
    assert.equal(id, place + 1, what);
    assert.ok(previousEventId <= place, what);
    assert.ok(Number(timestamp) >= before, what);
    before = Number(timestamp);
  }
  const counts = new Map<string, number>();
  for (const { type = "" } of history) counts.set(type, (counts.get(type) ?? 0) + 1);
  const count = (type: string) => counts.get(type) ?? 0;
  assert.equal(count("ExecutionStarted"), 1, what);
  assert.equal(
    count("ExecutionSucceeded") + count("ExecutionFailed") + count("ExecutionTimedOut"),
    1,
    what,
  );
  if (count("ExecutionSucceeded") === 1)
    for (const [type, entered] of counts)
      if (type.endsWith("StateEntered"))
        assert.equal(count(type.replace("Entered", "Exited")), entered, `${what}: ${type}`);
}
