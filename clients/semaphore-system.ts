import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  reaper,
  type SemaphoreStates,
  type StateMachineDefinition,
  withSemaphore,
} from "../packages/semaphore/src/state-machine/index.ts";
import { Archive } from "./archive.ts";
import type { AwsCli } from "./aws-cli.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, REGION } from "./flyball.ts";
import { originalCode } from "./semaphore-functions.ts";
import { readVenv } from "./venv.ts";

const ROLE = `arn:aws:iam::${ACCOUNT}:role/semaphore`;
const FUNCTION_NAME = "acquire-lock";
const HANGING = "hanging";
const WORK_SECONDS = 1;
/** Of the machine whose executions hang until their time is over. */
const IMPATIENT_SECONDS = 8;
/** Processes of the AWS CLI at once. */
const CLI_AT_ONCE = 2;
/** Between two that boto3 starts: those who come together would each have a cold function. */
const ARRIVAL_SECONDS = 0.12;

/** What comes of an execution. */
export type Kind = "works" | "fails" | "isAborted" | "timesOut";

export interface Wanted {
  readonly name: string;
  readonly kind: Kind;
}

/** By `kind` of the input: it does its work, fails, hangs, or tells that it hangs. */
function workThatTells(hangingUrl: string) {
  return {
    StartAt: "What kind?",
    States: {
      "What kind?": {
        Type: "Choice",
        Choices: [
          { Variable: "$.kind", StringEquals: "fails", Next: "Fail" },
          { Variable: "$.kind", StringEquals: "isAborted", Next: "Hang and tell" },
          { Variable: "$.kind", StringEquals: "timesOut", Next: "Hang" },
        ],
        Default: "Do the work",
      },
      "Do the work": { Type: "Wait", Seconds: WORK_SECONDS, Next: "Done" },
      Done: { Type: "Pass", Result: "done", End: true },
      Fail: { Type: "Fail", Error: "NoText", Cause: "The page is empty." },
      "Hang and tell": {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters: {
          QueueUrl: hangingUrl,
          MessageBody: { "execution.$": "$$.Execution.Id", "token.$": "$$.Task.Token" },
        },
        End: true,
      },
      Hang: { Type: "Wait", Seconds: 86_400, Next: "Done" },
    },
  };
}

/**
 * The seed's system, set up by the AWS CLI: the table, the function that acquires, two machines on one semaphore (one
 * of them is impatient), the reaper and its rule.
 */
export class SemaphoreSystem {
  readonly #aws: AwsCli;
  readonly #table: string;
  readonly #semaphore: string;
  readonly #patient: string;
  readonly #impatient: string;
  /** The URL of the queue in which executions tell that they hang. */
  readonly hanging: string;

  private constructor(
    aws: AwsCli,
    { table, name }: SemaphoreStates,
    machines: { readonly patient: string; readonly impatient: string },
    hanging: string,
  ) {
    this.#aws = aws;
    this.#table = table;
    this.#semaphore = name;
    this.#patient = machines.patient;
    this.#impatient = machines.impatient;
    this.hanging = hanging;
  }

  static async build(
    aws: AwsCli,
    semaphoreOf: (acquireLock: string) => SemaphoreStates,
  ): Promise<SemaphoreSystem> {
    const semaphore = semaphoreOf(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:${FUNCTION_NAME}`);
    if (semaphore.variant === "original") await createAcquireLock(aws);
    await createTable(aws, semaphore.table);
    const hanging =
      await aws.text`sqs create-queue --queue-name ${HANGING} --query QueueUrl --output text`;
    const work = workThatTells(hanging);
    const patient = await createMachine(aws, "worker", withSemaphore(work, semaphore));
    const impatient = await createMachine(aws, "impatient-worker", {
      ...withSemaphore(
        work,
        semaphore.variant === "original"
          ? semaphore
          : { ...semaphore, timeoutSeconds: IMPATIENT_SECONDS },
      ),
      TimeoutSeconds: IMPATIENT_SECONDS,
    });
    await createReaper(aws, semaphore, [patient, impatient]);
    return new SemaphoreSystem(aws, semaphore, { patient, impatient }, hanging);
  }

  /** Starts executions, a process of the AWS CLI for each; their ARNs. */
  async startByCli(wanted: readonly Wanted[]): Promise<string[]> {
    const arns: string[] = [];
    const places = wanted.keys();
    const starter = async () => {
      // All starters take from one iterator.
      for (const place of places) {
        const { name, kind } = wanted[place]!;
        arns[place] = await this.#aws
          .text`stepfunctions start-execution --state-machine-arn ${this.#machineOf(kind)} --name ${name} --input ${{ kind }} --query executionArn --output text`;
      }
    };
    await Promise.all(Array.from({ length: CLI_AT_ONCE }, starter));
    return arns;
  }

  /** Starts executions one after another in one process of boto3; their ARNs. */
  async startByBoto3(wanted: readonly Wanted[]): Promise<string[]> {
    const script = fileURLToPath(new URL("./boto3_start_executions.py", import.meta.url));
    const python = spawn("python3", [script, String(ARRIVAL_SECONDS)], {
      env: { ...this.#aws.environment, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(python, "exit");
    const starts = wanted.map(({ name, kind }) => ({
      stateMachineArn: this.#machineOf(kind),
      name,
      input: JSON.stringify({ kind }),
    }));
    python.stdin.end(JSON.stringify(starts));
    const printed = await text(python.stdout);
    assert.deepEqual(await exited, [0, null]);
    return JSON.parse(printed) as string[];
  }

  /** Resolves when the reaper has given back the last unit; fails where some stays out. */
  async allUnitsBack(): Promise<void> {
    const key = { LockName: { S: this.#semaphore } };
    const item = () =>
      this.#aws.json<
        Record<string, object>
      >`dynamodb get-item --table-name ${this.#table} --key ${key} --consistent-read --query Item`;
    const isBack = (found: Record<string, object>) =>
      Object.keys(found).every((name) => !name.startsWith("arn:"));
    const { currentlockcount, ...rest } = await eventually(item, isBack);
    assert.deepEqual(currentlockcount, { N: "0" });
    assert.ok(isBack(rest), JSON.stringify(rest));
  }

  /** `nextavailtime` as each of the function's grants set it, ascending; seconds since 1970. */
  async grants(): Promise<number[]> {
    const messages = await this.#aws.json<
      string[]
    >`logs filter-log-events --log-group-name /aws/lambda/${FUNCTION_NAME} --filter-pattern ${'"DDB Response"'} --query events[].message`;
    return messages
      .map((message) => Number(/'nextavailtime': Decimal\('([\d.]+)'\)/.exec(message)?.[1]))
      .sort((left, right) => left - right);
  }

  #machineOf(kind: Kind): string {
    return kind === "timesOut" ? this.#impatient : this.#patient;
  }
}

async function createAcquireLock(aws: AwsCli): Promise<void> {
  const venv = readVenv();
  assert.ok(venv.missing === undefined, venv.missing);
  const { runtime, handler, files } = originalCode(venv.python);
  await using archive = await Archive.of(files);
  await aws.json`lambda create-function --function-name ${FUNCTION_NAME} --runtime ${runtime} --handler ${handler} --role ${ROLE} --timeout 30 --zip-file fileb://${archive.path}`;
  await aws.text`lambda wait function-active-v2 --function-name ${FUNCTION_NAME}`;
}

async function createTable(aws: AwsCli, table: string): Promise<void> {
  await aws.json`dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST
    --attribute-definitions AttributeName=LockName,AttributeType=S --key-schema AttributeName=LockName,KeyType=HASH`;
  await aws.text`dynamodb wait table-exists --table-name ${table}`;
}

function createMachine(
  aws: AwsCli,
  name: string,
  definition: StateMachineDefinition,
): Promise<string> {
  return aws.text`stepfunctions create-state-machine --name ${name} --role-arn ${ROLE} --definition ${definition} --query stateMachineArn --output text`;
}

async function createReaper(
  aws: AwsCli,
  semaphore: SemaphoreStates,
  stateMachineArns: readonly string[],
): Promise<void> {
  const { definition, eventPattern } = reaper(semaphore, { stateMachineArns });
  const machineArn = await createMachine(aws, "reaper", definition);
  await aws.json`events put-rule --name executions-died --event-pattern ${eventPattern}`;
  const targets = [{ Id: "reaper", Arn: machineArn, RoleArn: ROLE }];
  const { FailedEntryCount } = await aws.json<{
    FailedEntryCount: number;
  }>`events put-targets --rule executions-died --targets ${targets}`;
  assert.equal(FailedEntryCount, 0);
}
