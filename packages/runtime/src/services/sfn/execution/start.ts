import { randomUUID } from "node:crypto";
import type { Call } from "../../../call.ts";
import { Constraints } from "../../../constraints.ts";
import { ServiceError } from "../../../errors.ts";
import type { OperationOf } from "../../../service.ts";
import type { ReadTransaction } from "../../../store/store.ts";
import { definitionOf, type FoundMachine, findMachine, machineDeleting } from "../machine.ts";
import { parseMachineArn } from "../machine-arn.ts";
import { checkArnGiven, checkName } from "../names.ts";
import { mocksOf, splitTestCase } from "../task/mock/mocks.ts";
import {
  definitionIdOf,
  type Execution,
  getExecution,
  keepDefinition,
  PAYLOAD_BYTES_MAX,
} from "./execution.ts";
import { isForgotten } from "./find-execution.ts";
import { parsedInput } from "./input.ts";
import { executedMachine, newExecution, reportStart, writeStart } from "./new-execution.ts";
import { FIRST_COUNTERS, firstBranch, runsOf } from "./runs.ts";

/** Source: API reference, StartSyncExecution: `billingDetails`; AWS bills by 100 ms and 64 MB. */
const BILLED_STEP_MS = 100;
const BILLED_MEMORY_MB = 64;

interface Start {
  readonly stateMachineArn: string | undefined;
  readonly name?: string | undefined;
  readonly input?: string | undefined;
  readonly traceHeader?: string | undefined;
}

/**
 * Starts an execution. One that runs under the same name with the same input is answered again (Standard only).
 *
 * Throws `StateMachineDoesNotExist`, `StateMachineDeleting`, `ExecutionAlreadyExists`, `InvalidName`,
 * `InvalidExecutionInput`, `InvalidArn`, `ValidationException`.
 */
export const startExecution: OperationOf<"sfn", "StartExecution"> = async (call, input) => {
  const asked = checked(input);
  return await call.cloud.store.write((tx) => {
    const found = runnable(tx, asked.machineArn);
    const world = parseMachineArn(found.machine.arn);
    const definitionId = keepDefinition(tx, world, found.definition);
    const execution = executionOf(call, found, asked, definitionId);
    const former = getExecution(tx, execution, execution.id);
    if (former && !isForgotten(former, call.cloud.clock.now())) {
      if (former.status === "RUNNING" && former.input === execution.input) return answer(former);
      throw new ServiceError(
        "ExecutionAlreadyExists",
        `Execution Already Exists: '${execution.arn}'`,
      );
    }
    writeStart(tx, call.cloud, execution, found.definition);
    return answer(execution);
  });
};

/** Starts an Express execution, and answers when it has ended. Nothing of it is kept. */
export const startSyncExecution: OperationOf<"sfn", "StartSyncExecution"> = async (call, input) => {
  const { cloud } = call;
  const asked = checked(input);
  const found = cloud.store.read((tx) => runnable(tx, asked.machineArn));
  if (found.machine.type !== "EXPRESS") throw typeNotSupported();
  const execution = executionOf(call, found, asked, definitionIdOf(found.definition));
  const definition = definitionOf(found.definition);
  reportStart(cloud, execution);
  const run = runsOf(cloud).begin(
    {
      execution,
      definition,
      ...FIRST_COUNTERS,
      branches: [firstBranch(definition, execution.input)],
    },
    { keptEnd: false },
  );
  return syncAnswer(await run.over);
};

export function typeNotSupported(): ServiceError {
  return new ServiceError(
    "StateMachineTypeNotSupported",
    "This operation is not supported by this type of state machine",
  );
}

interface Asked {
  readonly machineArn: string;
  readonly testCase?: string;
  readonly name: string;
  readonly input: string;
  readonly traceHeader?: string;
}

function checked({ stateMachineArn, name, input = "{}", traceHeader }: Start): Asked {
  checkArnGiven("stateMachineArn", stateMachineArn);
  if (name !== undefined) checkName(name);
  new Constraints()
    .range("input", Buffer.byteLength(input), { max: PAYLOAD_BYTES_MAX })
    .check("ValidationException");
  parsedInput(input);
  const { arn, testCase } = splitTestCase(stateMachineArn);
  return {
    machineArn: arn,
    name: name ?? randomUUID(),
    input,
    ...(testCase === undefined ? {} : { testCase }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

function runnable(tx: ReadTransaction, machineArn: string): FoundMachine {
  const found = findMachine(tx, machineArn);
  if (found.machine.status === "DELETING") throw machineDeleting(machineArn);
  return found;
}

/** Throws `ValidationException` where there is no such test case. */
function executionOf(call: Call, found: FoundMachine, asked: Asked, definitionId: string) {
  const { machine, versionArn, aliasArn } = found;
  const { name, input, testCase } = asked;
  if (testCase !== undefined) mocksOf(call.cloud).check(machine.name, testCase);
  // The header of the request goes before the one in its body. Source: API reference, StartExecution.
  const traceHeader = call.caller.traceHeader ?? asked.traceHeader;
  const { account, region } = parseMachineArn(machine.arn);
  return newExecution({
    account,
    region,
    name,
    input,
    machine: executedMachine(machine, definitionId),
    startDate: call.cloud.clock.now(),
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(asked.traceHeader === undefined ? {} : { toldTraceHeader: asked.traceHeader }),
    ...(testCase === undefined ? {} : { testCase }),
    ...(versionArn === undefined ? {} : { versionArn }),
    ...(aliasArn === undefined ? {} : { aliasArn }),
  });
}

function answer({ arn, startDate }: Execution) {
  return { executionArn: arn, startDate: new Date(startDate) };
}

function syncAnswer(ended: Execution) {
  const { arn, machine, name, startDate, input, output, error, cause } = ended;
  const { toldTraceHeader } = ended;
  const stopDate = ended.stopDate ?? startDate;
  const steps = Math.max(1, Math.ceil((stopDate - startDate) / BILLED_STEP_MS));
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    startDate: new Date(startDate),
    stopDate: new Date(stopDate),
    // An Express execution is never stopped from outside: it is none of the other statuses.
    status: ended.status as "SUCCEEDED" | "FAILED" | "TIMED_OUT",
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output }),
    outputDetails: { included: true },
    ...(toldTraceHeader === undefined ? {} : { traceHeader: toldTraceHeader }),
    billingDetails: {
      billedMemoryUsedInMB: BILLED_MEMORY_MB,
      billedDurationInMilliseconds: steps * BILLED_STEP_MS,
    },
  };
}
