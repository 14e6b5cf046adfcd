import type { Target } from "@aws-sdk/client-scheduler";
import { type Arn, parseArn } from "../../arn.ts";
import { isJson } from "../../json-text.ts";
import { findSdkAction } from "../../sdk-action/sdk-action.ts";
import { sdkService } from "../../sdk-action/services.ts";
import { TARGET_RESOURCES } from "../../targets/send.ts";
import { invalid } from "./errors.ts";

/**
 * Targets whose one operation Scheduler knows how to call. Source: EventBridge Scheduler user guide, "Using templated
 * targets".
 */
export type TemplatedService = keyof typeof TARGET_RESOURCES;

/** Templated targets on AWS, of services that are not here. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "codebuild",
  "codepipeline",
  "ecs",
  "firehose",
  "inspector",
  "kinesis",
  "sagemaker",
]);
/** What has to be JSON. Source: API reference, `Target`, `Input`. */
const JSON_ONLY: ReadonlySet<string> = new Set(["events", "lambda", "states"]);

/** Source: EventBridge Scheduler user guide, "Using universal targets", "Unsupported actions". */
const READ_ONLY =
  /^(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|batchDescribe|batchRead|transactGet|adminGet|adminList|testMigration|retrieve|testConnection|translateDocument|isAuthorized|invokeModel)/;

export type ParsedTarget =
  | { readonly kind: "templated"; readonly service: TemplatedService; readonly place: Arn }
  | { readonly kind: "universal"; readonly service: string; readonly action: string };

/** Undefined for what is no target here. */
export function parseTarget(text: string): ParsedTarget | undefined {
  const [, service, action] = /^arn:[^:]+:scheduler:::aws-sdk:([^:]+):([^:]+)$/.exec(text) ?? [];
  if (service !== undefined && action !== undefined) return { kind: "universal", service, action };
  const place = parseArn(text);
  if (!place || !isTemplated(place.service)) return undefined;
  if (!TARGET_RESOURCES[place.service].test(place.resource)) return undefined;
  return { kind: "templated", service: place.service, place };
}

function isTemplated(service: string): service is TemplatedService {
  return Object.hasOwn(TARGET_RESOURCES, service);
}

/** Throws `ValidationException` for a target that a schedule cannot have, or not with this input. */
export async function checkTarget(target: Target): Promise<void> {
  const { Arn: arn = "" } = target;
  const parsed = parseTarget(arn);
  if (!parsed) throw invalid(whyNoTarget(arn));
  if (parsed.kind === "universal") return checkUniversal(parsed.service, parsed.action, target);
  const { service } = parsed;
  if (service === "events" && !target.EventBridgeParameters)
    throw invalid("EventBridgeParameters is required for the target of an event bus.");
  if (service === "sqs" && arn.endsWith(".fifo") && !target.SqsParameters?.MessageGroupId)
    throw invalid("A FIFO queue needs SqsParameters with a MessageGroupId.");
  if (target.Input !== undefined && JSON_ONLY.has(service) && !isJson(target.Input))
    throw invalid("Input must be a valid JSON for this target.");
}

function whyNoTarget(arn: string): string {
  const { service } = parseArn(arn) ?? {};
  if (service === undefined) return "Provided Arn is not in correct format.";
  if (ELSEWHERE.has(service))
    return `Flyball does not have ${service}, so ${arn} cannot be a schedule's target here.`;
  return `Provided Arn is not in correct format: ${arn} is not a templated target. Use arn:aws:scheduler:::aws-sdk:<service>:<action> to call any other API operation.`;
}

async function checkUniversal(service: string, action: string, { Input }: Target): Promise<void> {
  if (!sdkService(service))
    throw invalid(`${service} is not a supported service for a target. Flyball does not have it.`);
  if (READ_ONLY.test(action) || !(await findSdkAction(service, action)))
    throw invalid(`${action} is not a supported api for ${service}.`);
  if (Input !== undefined && !isJsonObject(Input))
    throw invalid("Invalid RequestJson provided. Reason: it is not a JSON object.");
}

function isJsonObject(text: string): boolean {
  if (!isJson(text)) return false;
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
}
