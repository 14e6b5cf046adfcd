import type { JsonObject, State } from "../../../states-language/definition.ts";
import type { Branch } from "./branch.ts";
import type { Execution } from "./execution.ts";

/** What the context object says of the execution; the same for all of its states. */
export interface ExecutionContext {
  readonly Execution: JsonObject;
  readonly StateMachine: JsonObject;
}

/** Source: the Step Functions developer guide, "Accessing execution data from the Context object"; recorded ones. */
export function executionContext(execution: Execution): ExecutionContext {
  const { arn, input, startDate, name, machine, redriveCount, redriveDate } = execution;
  return {
    Execution: {
      Id: arn,
      Input: JSON.parse(input),
      StartTime: timestamp(startDate),
      Name: name,
      RoleArn: machine.roleArn,
      RedriveCount: redriveCount,
      ...(redriveDate === undefined ? {} : { RedriveTime: timestamp(redriveDate) }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
}

/** The context object of a state. `item` is of the nearest Map around it. */
export function stateContext(
  ofExecution: ExecutionContext,
  { state: name, entered, retries }: Branch,
  type: State["Type"],
  { item, token }: { item?: JsonObject | undefined; token?: string | undefined },
): JsonObject {
  const retryCount = Object.values(retries).reduce((sum, count) => sum + count, 0);
  const canRetry = type === "Task" || type === "Parallel" || type === "Map";
  return {
    Execution: ofExecution.Execution,
    StateMachine: ofExecution.StateMachine,
    State: {
      Name: name,
      EnteredTime: timestamp(entered?.at ?? 0),
      ...(canRetry ? { RetryCount: retryCount } : {}),
    },
    ...(item === undefined ? {} : { Map: { Item: item } }),
    ...(token === undefined ? {} : { Task: { Token: token } }),
  };
}

function timestamp(at: number): string {
  return new Date(at).toISOString();
}
