import { isDeepStrictEqual } from "node:util";
import type { CreateStateMachineInput, StateMachineType } from "@aws-sdk/client-sfn";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { checkDefinition } from "./checked-definition.ts";
import { checkEncryption, checkLogging, checkRole, checkTracing } from "./configuration.ts";
import { validationError } from "./errors.ts";
import { machineDeleting, machineKey, type StateMachine } from "./machine.ts";
import { machineArn } from "./machine-arn.ts";
import { checkName } from "./names.ts";
import { tagsOf } from "./tags.ts";
import { publishVersion, versionOfRevision } from "./version.ts";

const TYPES: readonly StateMachineType[] = ["STANDARD", "EXPRESS"];

/**
 * Idempotent by name, definition, type, configurations, `publish` and `versionDescription`; another role or other
 * tags are passed over. Throws `StateMachineAlreadyExists` on any other difference.
 * Source: API reference, CreateStateMachine.
 */
export const createStateMachine: OperationOf<"sfn", "CreateStateMachine"> = async (call, input) => {
  const machine = await draftMachine(call, input);
  return call.cloud.store.write((tx) => {
    const existing = existingTwin(tx, call.caller, machine);
    const made = existing ?? machine;
    if (!existing) tx.put<StateMachine>(machineKey(call.caller, machine.name), machine);
    const version =
      input.publish === true
        ? (versionOfRevision(tx, made) ??
          publishVersion(tx, made, input.versionDescription ?? "", call.cloud.clock.now()))
        : undefined;
    return {
      stateMachineArn: made.arn,
      creationDate: new Date(made.creationDate),
      ...(version === undefined ? {} : { stateMachineVersionArn: version.arn }),
    };
  });
};

/** The machine that a request asks for, its input checked. */
async function draftMachine(call: Call, input: CreateStateMachineInput): Promise<StateMachine> {
  const { name, definition, roleArn, type = "STANDARD" } = input;
  checkName(name);
  new Constraints()
    .required("definition", definition)
    .required("roleArn", roleArn)
    .length("roleArn", roleArn, { min: 1, max: 256 })
    .oneOf("type", type, TYPES)
    .length("versionDescription", input.versionDescription, { max: 256 })
    .check("ValidationException");
  checkVersionDescription(input);
  const now = call.cloud.clock.now();
  const arn = machineArn(call.caller, name);
  const tags = tagsOf(arn, input.tags ?? []);
  checkRole(roleArn!);
  await checkDefinition(definition!, type);
  return {
    arn,
    name,
    type,
    status: "ACTIVE",
    creationDate: now,
    updateDate: now,
    definition: definition!,
    roleArn: roleArn!,
    loggingConfiguration: await checkLogging(call, arn, input.loggingConfiguration),
    tracingConfiguration: checkTracing(input.tracingConfiguration),
    encryptionConfiguration: checkEncryption(input.encryptionConfiguration),
    tags,
    nextVersion: 1,
    publishedAtCreation: input.publish === true,
    versionDescriptionAtCreation: input.versionDescription ?? "",
  };
}

/** Source: a recorded answer of AWS, `test_create_with_version_description_no_publish` in localstack/localstack. */
export function checkVersionDescription({
  publish,
  versionDescription,
}: {
  readonly publish?: boolean | undefined;
  readonly versionDescription?: string | undefined;
}): void {
  if (versionDescription !== undefined && publish !== true)
    throw validationError("Version description can only be set when publish is true");
}

/** The machine that an earlier request of the same content made. */
function existingTwin(
  tx: ReadTransaction,
  world: World,
  asked: StateMachine,
): StateMachine | undefined {
  const machine = tx.get<StateMachine>(machineKey(world, asked.name));
  if (!machine) return undefined;
  if (machine.status === "DELETING") throw machineDeleting(machine.arn);
  if (isDeepStrictEqual(identityOf(machine), identityOf(asked))) return machine;
  throw new ServiceError(
    "StateMachineAlreadyExists",
    `State Machine Already Exists: '${machine.arn}'`,
  );
}

function identityOf(machine: StateMachine): unknown {
  return {
    definition: machine.definition,
    type: machine.type,
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
    encryptionConfiguration: machine.encryptionConfiguration,
    publish: machine.publishedAtCreation,
    versionDescription: machine.versionDescriptionAtCreation,
  };
}
