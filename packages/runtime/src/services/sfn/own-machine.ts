import type { Caller } from "../../call.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { validationError } from "./errors.ts";
import { machineDoesNotExist, requireMachine, type StateMachine } from "./machine.ts";
import { type MachineArn, parseMachineArn } from "./machine-arn.ts";

/**
 * An ARN of the caller's world that leads to a machine, its version or its alias. A machine of another account or
 * Region does not exist. Throws `ValidationException` on the ARN of a distributed Map.
 */
export function parseOwnMachineArn(caller: Caller, text: string): MachineArn {
  const arn = parseMachineArn(text);
  if (arn.label !== undefined)
    throw validationError("API does not support labeled ARNs", "API_DOES_NOT_SUPPORT_LABELED_ARNS");
  if (arn.account !== caller.account || arn.region !== caller.region)
    throw machineDoesNotExist(text);
  return arn;
}

/** The machine that an unqualified ARN names; for what is done to a machine and not to a version. */
export function requireOwnMachine(tx: ReadTransaction, caller: Caller, text: string): StateMachine {
  const arn = parseOwnMachineArn(caller, text);
  if (arn.version !== undefined || arn.alias !== undefined) throw machineDoesNotExist(text);
  return requireMachine(tx, arn);
}
