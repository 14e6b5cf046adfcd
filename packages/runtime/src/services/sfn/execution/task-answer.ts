import type { Call } from "../../../call.ts";
import { Constraints } from "../../../constraints.ts";
import { ServiceError } from "../../../errors.ts";
import type { OperationOf } from "../../../service.ts";
import type { Json } from "../../../states-language/definition.ts";
import { dataProblem } from "../../../states-language/json-problem.ts";
import { getExecution, PAYLOAD_BYTES_MAX } from "./execution.ts";
import { runsOf } from "./runs.ts";
import { checkErrorAndCause } from "./stop.ts";
import type { TaskOutcome } from "./task-state.ts";
import { parseTaskToken, type TaskTokenParts } from "./task-token.ts";

/** Source: API reference, SendTaskSuccess. */
const TOKEN_LENGTH_MAX = 2_048;

/** A worker has done a task. Throws `InvalidToken`, `InvalidOutput`, `TaskTimedOut`, `TaskDoesNotExist`. */
export const sendTaskSuccess: OperationOf<"sfn", "SendTaskSuccess"> = async (call, input) => {
  const token = checkedToken(input.taskToken);
  new Constraints()
    .required("output", input.output)
    .range("output", Buffer.byteLength(input.output ?? ""), { max: PAYLOAD_BYTES_MAX })
    .check("ValidationException");
  // A token that is none is told before an output that is none: LocalStack's test_sfn_send_task_outcome_with_no_such_token.
  requireToken(token);
  await say(call, token, { result: parsedOutput(input.output ?? "") });
  return {};
};

/** A worker gives a task up. Throws `InvalidToken`, `TaskTimedOut`, `TaskDoesNotExist`. */
export const sendTaskFailure: OperationOf<"sfn", "SendTaskFailure"> = async (call, input) => {
  const { error, cause } = input;
  const token = checkedToken(input.taskToken);
  checkErrorAndCause(error, cause);
  const failure = {
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
  await say(call, token, { failure });
  return {};
};

/** A worker is still at a task. Throws `InvalidToken`, `TaskTimedOut`, `TaskDoesNotExist`. */
export const sendTaskHeartbeat: OperationOf<"sfn", "SendTaskHeartbeat"> = async (call, input) => {
  await say(call, checkedToken(input.taskToken), { heartbeat: true });
  return {};
};

/**
 * Resolves when what was said is part of the execution. Of two that say so of one task, the execution hears one; the
 * other one's task is closed already.
 */
async function say(
  { cloud }: Call,
  token: string,
  says: TaskOutcome | { readonly heartbeat: true },
): Promise<void> {
  const parts = requireToken(token);
  const { executionId, branchId } = parts;
  const run = runsOf(cloud).find(parts, executionId);
  if (!run) {
    const known = cloud.store.read((tx) => getExecution(tx, parts, executionId));
    throw known ? taskTimedOut() : taskDoesNotExist();
  }
  const accepted = await new Promise<boolean>((resolve, reject) =>
    run.post({
      what: { kind: "token", branchId, token, says, answer: resolve },
      drop: (reason) => (reason === undefined ? resolve(false) : reject(reason)),
    }),
  );
  if (!accepted) throw taskTimedOut();
}

function requireToken(token: string): TaskTokenParts {
  const parts = parseTaskToken(token);
  if (!parts) throw new ServiceError("InvalidToken", "Invalid Token: 'Invalid token'");
  return parts;
}

function checkedToken(token: string | undefined): string {
  new Constraints()
    .required("taskToken", token)
    .length("taskToken", token, { min: 1, max: TOKEN_LENGTH_MAX })
    .check("ValidationException");
  return token ?? "";
}

function parsedOutput(output: string): Json {
  const problem = dataProblem(output);
  if (problem) throw new ServiceError("InvalidOutput", `Invalid Output: '${problem}'`);
  return JSON.parse(output) as Json;
}

/** Worded as clients report it. Source: aws-samples/amazon-mwaa-examples issue 61. */
function taskTimedOut(): ServiceError {
  return new ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
}

function taskDoesNotExist(): ServiceError {
  return new ServiceError(
    "TaskDoesNotExist",
    "Task Does Not Exist: 'Provided task does not exist'",
  );
}
