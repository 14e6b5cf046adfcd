import { ServiceError } from "../../../errors.ts";
import type { ReadTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import { invalidArn, parseStatesArn } from "../machine-arn.ts";
import { type Execution, getExecution } from "./execution.ts";

/** How long an execution that has ended is kept. Source: the developer guide, "Service quotas". */
export const RETENTION_MS = 90 * 86_400_000;

interface ExecutionArn extends World {
  readonly id: string;
}

/** Whether an execution ended so long ago that nobody knows of it. */
export function isForgotten({ stopDate }: Execution, now: number): boolean {
  return stopDate !== undefined && stopDate + RETENTION_MS < now;
}

/** Throws `InvalidArn`. Of Express executions only a distributed Map's children can be asked for. */
export function parseExecutionArn(text: string): ExecutionArn {
  const { type, rest, account, region } = parseStatesArn(text);
  const isOfMap = rest[0]?.includes("/") ?? false;
  if (type !== "execution" && !(type === "express" && isOfMap))
    throw new ServiceError(
      "InvalidArn",
      `Invalid Arn: 'Resource type not valid in this context: ${type}'`,
    );
  if (rest.length !== (type === "express" ? 3 : 2) || rest.includes("")) throw invalidArn(text);
  return { account, region, id: rest.join(":") };
}

/** Throws `InvalidArn`, `ExecutionDoesNotExist`. */
export function requireExecution(tx: ReadTransaction, arn: string, now: number): Execution {
  const { id, ...world } = parseExecutionArn(arn);
  const execution = getExecution(tx, world, id);
  if (!execution || isForgotten(execution, now))
    throw new ServiceError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
  return execution;
}
