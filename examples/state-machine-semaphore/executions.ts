import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  reaper,
  type SemaphoreStates,
  type StateMachineDefinition,
  withSemaphore,
} from "@flyball/semaphore/state-machine";
import { type Flyball, startFlyball } from "../../packages/flyball/src/index.ts";
import { bundledFunction } from "../bundled-function.ts";

/** How many may work at once. */
export const LIMIT = 5;
/** Between two that come. No part of five seconds, so that the original's functions do not all run at one instant. */
const ARRIVAL_MS = 910;
/** How often it is looked who has come to work, and who has ended. */
const STEP_MS = 1_000;
const TIMEOUT_SECONDS = 900;
const TABLE = "semaphores";
const ROLE_ARN = "arn:aws:iam::000000000000:role/example";

export type Variant = "original" | "leased";
export type Ending = "SUCCEEDED" | "FAILED" | "ABORTED";

export interface RunOptions {
  readonly variant: Variant;
  readonly executions: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly ended: number;
  /** Of the application's time. */
  readonly seconds: number;
}

/** What became of one execution; ms since 1970. */
export interface Execution {
  readonly arrivedAt: number;
  readonly workedFrom: number;
  readonly workedUntil: number;
  readonly ending: Ending;
}

export interface RunResult {
  readonly variant: Variant;
  /** In the order of their coming. */
  readonly executions: readonly Execution[];
  readonly costs: Costs;
}

/** What AWS charges for. */
export interface Costs {
  /** States that were entered. */
  readonly stateTransitions: number;
  readonly functionInvocations: number;
  readonly dynamodbRequests: number;
}

/** What each does, between getting the lock and releasing it: it takes its seconds, and some of them fail then. */
const WORK = {
  StartAt: "Recognise the text",
  States: {
    "Recognise the text": { Type: "Wait", SecondsPath: "$.seconds", Next: "Is there any?" },
    "Is there any?": {
      Type: "Choice",
      Choices: [{ Variable: "$.fails", BooleanEquals: true, Next: "No text" }],
      Default: "Done",
    },
    Done: { Type: "Pass", End: true },
    "No text": { Type: "Fail", Error: "NoText", Cause: "The page is empty." },
  },
};

/** Two to eight seconds, in no order that a reader would see. */
const secondsOf = (place: number) => 2 + ((place * 5) % 7);
const isFailing = (place: number) => place % 10 === 3;
const isAborted = (place: number) => place % 15 === 6;

/**
 * Builds the application in a cloud of its own under a clock that it moves itself, starts the executions, one after
 * another, and moves the clock until the last of them has ended.
 */
export async function runExecutions(options: RunOptions): Promise<RunResult> {
  const { variant, executions: count, onProgress } = options;
  await using flyball = await startFlyball({ ephemeral: true, clock: "virtual" });
  const application = new Application(flyball);
  await application.build(variant);
  const arns: string[] = [];
  const toAbort = new Set<string>();
  /** The application's time goes on, and whoever is to be aborted at work is. */
  const goOn = async (milliseconds: number) => {
    await flyball.advance(milliseconds);
    for (const arn of toAbort)
      if (await application.isAtWork(arn)) {
        await application.abort(arn);
        toAbort.delete(arn);
      }
  };
  for (let place = 0; place < count; place += 1) {
    const input = { seconds: secondsOf(place), fails: isFailing(place) };
    const arn = await application.start(input, place);
    arns.push(arn);
    if (isAborted(place)) toAbort.add(arn);
    await goOn(ARRIVAL_MS);
  }
  const running = new Set(arns);
  for (let seconds = Math.round((count * ARRIVAL_MS) / 1000); running.size > 0; seconds += 1) {
    if (seconds > TIMEOUT_SECONDS) throw new Error(`${running.size} executions do not end`);
    await goOn(STEP_MS);
    for (const arn of running) if (await application.hasEnded(arn)) running.delete(arn);
    onProgress?.({ ended: count - running.size, seconds });
  }
  const told = await Promise.all(arns.map((arn) => application.told(arn)));
  return {
    variant,
    executions: told.map(({ execution }) => execution),
    costs: costsOf(told.flatMap(({ history }) => history)),
  };
}

/** Table, state machines, rule, and the original's function: nothing in it knows that it is not on AWS. */
class Application {
  readonly #dynamodb: DynamoDBClient;
  readonly #events: EventBridgeClient;
  readonly #lambda: LambdaClient;
  readonly #sfn: SFNClient;
  #machineArn = "";

  constructor({ clientConfig }: Flyball) {
    this.#dynamodb = new DynamoDBClient(clientConfig);
    this.#events = new EventBridgeClient(clientConfig);
    this.#lambda = new LambdaClient(clientConfig);
    this.#sfn = new SFNClient(clientConfig);
  }

  async build(variant: Variant): Promise<void> {
    await this.#dynamodb.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "LockName", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "LockName", AttributeType: "S" }],
      }),
    );
    const terms = { table: TABLE, name: "ocr", limit: LIMIT };
    const semaphore: SemaphoreStates =
      variant === "original"
        ? { ...terms, variant, acquireLock: await this.#createAcquireLock() }
        : { ...terms, variant, timeoutSeconds: TIMEOUT_SECONDS };
    this.#machineArn = await this.#createMachine("recognise", withSemaphore(WORK, semaphore));
    const { definition, eventPattern } = reaper(semaphore, {
      stateMachineArns: [this.#machineArn],
    });
    const Arn = await this.#createMachine("reaper", definition);
    const Rule = "executions-died";
    await this.#events.send(
      new PutRuleCommand({ Name: Rule, EventPattern: JSON.stringify(eventPattern) }),
    );
    await this.#events.send(
      new PutTargetsCommand({ Rule, Targets: [{ Id: "reaper", Arn, RoleArn: ROLE_ARN }] }),
    );
  }

  async #createMachine(name: string, definition: StateMachineDefinition): Promise<string> {
    const { stateMachineArn = "" } = await this.#sfn.send(
      new CreateStateMachineCommand({
        name,
        definition: JSON.stringify(definition),
        roleArn: ROLE_ARN,
      }),
    );
    return stateMachineArn;
  }

  /** The function of the original's acquire step: the library's handler, which takes and answers the same. */
  async #createAcquireLock(): Promise<string> {
    const FunctionName = "acquire-lock";
    const { FunctionArn = "" } = await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs22.x",
        Handler: "index.acquireLock",
        Role: ROLE_ARN,
        Timeout: 30,
        Code: {
          ZipFile: await bundledFunction({
            stdin: {
              contents: 'export { acquireLock } from "@flyball/semaphore";',
              resolveDir: fileURLToPath(new URL(".", import.meta.url)),
            },
          }),
        },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { FunctionName },
    );
    return FunctionArn;
  }

  async start(input: { seconds: number; fails: boolean }, place: number): Promise<string> {
    const { executionArn = "" } = await this.#sfn.send(
      new StartExecutionCommand({
        stateMachineArn: this.#machineArn,
        name: `document-${place + 1}`,
        input: JSON.stringify(input),
      }),
    );
    return executionArn;
  }

  async abort(executionArn: string): Promise<void> {
    await this.#sfn.send(new StopExecutionCommand({ executionArn }));
  }

  async hasEnded(executionArn: string): Promise<boolean> {
    const { status } = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status !== "RUNNING";
  }

  /** Whether it does its work at this moment. */
  async isAtWork(executionArn: string): Promise<boolean> {
    const { events = [] } = await this.#sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    );
    return events.some((event) => entered(event) === WORK.StartAt);
  }

  async told(executionArn: string): Promise<{ execution: Execution; history: HistoryEvent[] }> {
    const history: HistoryEvent[] = [];
    const pages = paginateGetExecutionHistory({ client: this.#sfn }, { executionArn });
    for await (const { events = [] } of pages) history.push(...events);
    const instantOf = (event: HistoryEvent | undefined) => event?.timestamp?.getTime() ?? 0;
    const end = history.at(-1);
    const released = history.find((event) => entered(event) === "Release lock");
    return {
      execution: {
        arrivedAt: instantOf(history[0]),
        workedFrom: instantOf(history.find((event) => entered(event) === "Work")),
        workedUntil: instantOf(released ?? end),
        ending: endingOf(end),
      },
      history,
    };
  }
}

function entered({ stateEnteredEventDetails }: HistoryEvent): string | undefined {
  return stateEnteredEventDetails?.name;
}

function costsOf(history: readonly HistoryEvent[]): Costs {
  const tasks = (service: string) =>
    history.filter(
      ({ taskScheduledEventDetails }) => taskScheduledEventDetails?.resourceType === service,
    ).length;
  return {
    stateTransitions: history.filter((event) => entered(event) !== undefined).length,
    functionInvocations: tasks("lambda"),
    dynamodbRequests: tasks("dynamodb") + tasks("aws-sdk:dynamodb") + tasks("lambda"),
  };
}

function endingOf(end: HistoryEvent | undefined): Ending {
  if (end?.type === "ExecutionSucceeded") return "SUCCEEDED";
  return end?.type === "ExecutionAborted" ? "ABORTED" : "FAILED";
}
