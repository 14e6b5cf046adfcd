import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../arn.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { BusPlace } from "./bus.ts";
import { invalid, invalidParameter } from "./errors.ts";
import { PREDEFINED } from "./input.ts";
import { fillIn, isJsonText, placeholdersOf } from "./input-transformer.ts";
import { parsePath } from "./json-path.ts";
import { parseTargetArn, type TargetArn } from "./target-service.ts";

/** Source of the ranges: the pages of Target, RetryPolicy and InputTransformer in the API reference. */
const ID_LENGTH_MAX = 64;
const ID_PATTERN = "[\\.\\-_A-Za-z0-9]+";
const ARN_LENGTH_MAX = 1600;
const INPUT_LENGTH_MAX = 8192;
const INPUT_PATH_LENGTH_MAX = 256;
const INPUT_PATHS_MAX = 100;
const RETRY_ATTEMPTS_MAX = 185;
const EVENT_AGE_SECONDS_MIN = 60;
const EVENT_AGE_SECONDS_MAX = 86_400;

/** Members of targets that Flyball has no service for. */
const FOREIGN_PARAMETERS = [
  "AppSyncParameters",
  "BatchParameters",
  "EcsParameters",
  "HttpParameters",
  "KinesisParameters",
  "RedshiftDataParameters",
  "RunCommandParameters",
  "SageMakerPipelineParameters",
] as const;

/** Throws `ValidationException` on what a single member may not be. */
export function checkTargetMembers(targets: readonly Target[]): void {
  const constraints = new Constraints();
  for (const [index, target] of targets.entries()) {
    const at = (member: string) => `targets.${index + 1}.member.${member}`;
    const { RetryPolicy: retry, InputTransformer: transformer } = target;
    constraints
      .required(at("id"), target.Id)
      .length(at("id"), target.Id, { min: 1, max: ID_LENGTH_MAX })
      .pattern(at("id"), target.Id, ID_PATTERN)
      .required(at("arn"), target.Arn)
      .length(at("arn"), target.Arn, { min: 1, max: ARN_LENGTH_MAX })
      .length(at("input"), target.Input, { max: INPUT_LENGTH_MAX })
      .length(at("inputPath"), target.InputPath, { max: INPUT_PATH_LENGTH_MAX })
      .length(at("inputTransformer.inputTemplate"), transformer?.InputTemplate, {
        min: 1,
        max: INPUT_LENGTH_MAX,
      })
      .range(at("retryPolicy.maximumRetryAttempts"), retry?.MaximumRetryAttempts, {
        min: 0,
        max: RETRY_ATTEMPTS_MAX,
      })
      .range(at("retryPolicy.maximumEventAgeInSeconds"), retry?.MaximumEventAgeInSeconds, {
        min: EVENT_AGE_SECONDS_MIN,
        max: EVENT_AGE_SECONDS_MAX,
      });
  }
  constraints.check("ValidationException");
}

/**
 * Throws `ValidationException` on a target that AWS refuses, and `NotImplemented` on one of a service to which
 * Flyball delivers nothing.
 */
export function checkTarget(bus: BusPlace, target: Target): void {
  const { Id: id = "", Arn: arn = "" } = target;
  const parsed = parseArn(arn);
  if (!parsed) throw invalidParameter(arn, "Provided Arn is not in correct format.");
  const place = parseTargetArn(arn);
  const foreign = FOREIGN_PARAMETERS.find((member) => target[member] !== undefined);
  if (!place || foreign !== undefined) throw notDelivered(id, foreign ?? arn);
  checkPlace(bus, target, place);
  checkInput(target);
  checkDeadLetterQueue(target);
}

function notDelivered(id: string, what: string): ServiceError {
  return new ServiceError(
    "NotImplemented",
    `Flyball does not deliver events to target ${id} (${what}): the targets that it has are Lambda functions, SQS queues, SNS topics, Step Functions state machines, CloudWatch Logs groups and event buses.`,
    { httpStatus: 501 },
  );
}

function checkPlace(bus: BusPlace, target: Target, place: TargetArn): void {
  const { Id: id, Arn: arn, RoleArn: role } = target;
  const toBus = place.service === "events";
  const elsewhere = place.region !== bus.region || place.account !== bus.account;
  if (place.region !== bus.region && !toBus)
    throw invalidParameter(arn ?? "", "Provided Arn is not in the Region of the rule.");
  if (role === undefined && (place.service === "states" || (toBus && place.region !== bus.region)))
    throw invalid(`RoleArn is required for target ${arn}.`);
  if (toBus && elsewhere && (target.Input ?? target.InputPath ?? target.InputTransformer))
    throw invalid(
      `Input, InputPath and InputTransformer cannot be used for target ${id}, which is an event bus of another account or Region.`,
    );
  const fifo = place.service === "sqs" && place.resource.endsWith(".fifo");
  if (fifo && target.SqsParameters?.MessageGroupId === undefined)
    throw invalid(`Parameter(s) SqsParameters must be specified for target: ${id}.`);
}

function checkInput({ Id: id, Input, InputPath, InputTransformer }: Target): void {
  const given = [Input, InputPath, InputTransformer].filter((input) => input !== undefined);
  if (given.length > 1)
    throw invalid(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    );
  if (Input !== undefined && !isJsonText(Input))
    throw invalid(`JSON syntax error in input for target ${id}.`);
  if (InputPath !== undefined && !parsePath(InputPath))
    throw invalid(`InputPath for target ${id} is invalid.`);
  if (!InputTransformer) return;
  const { InputPathsMap: paths = {}, InputTemplate: template = "" } = InputTransformer;
  if (Object.keys(paths).length > INPUT_PATHS_MAX)
    throw invalid(`InputPathsMap for target ${id} has more than ${INPUT_PATHS_MAX} entries.`);
  for (const [name, path] of Object.entries(paths)) {
    if (/^aws\./i.test(name))
      throw invalid(`InputPathsMap for target ${id} contains reserved key ${name}.`);
    if (!parsePath(path))
      throw invalid(`InputPathsMap for target ${id} contains invalid path ${path}.`);
  }
  for (const name of placeholdersOf(template))
    if (!Object.hasOwn(paths, name) && !PREDEFINED.has(name))
      throw invalid(`InputTemplate for target ${id} contains invalid placeholder ${name}.`);
  if (!isJsonText(fillIn(template, () => "")))
    throw invalid(`Invalid InputTemplate for target ${id} : it is not a valid JSON text.`);
}

function checkDeadLetterQueue({ DeadLetterConfig: config }: Target): void {
  if (config?.Arn === undefined) return;
  const queue = parseTargetArn(config.Arn);
  if (queue?.service !== "sqs")
    throw invalidParameter(
      "DeadLetterConfig",
      "The specified dead-letter queue is not an SQS queue.",
    );
  if (queue.resource.endsWith(".fifo"))
    throw invalidParameter("DeadLetterConfig", "The dead-letter queue cannot be a FIFO queue.");
}
