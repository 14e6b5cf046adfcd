import { parseArn } from "../../../arn.ts";
import type { Conversion } from "../../../sdk-action/parameters.ts";
import { bytesOf, findSdkAction, type SdkAction } from "../../../sdk-action/sdk-action.ts";
import { sdkService } from "../../../sdk-action/services.ts";
import { type OptimizedService, optimized } from "./optimized.ts";

/** How a Task waits for its work. Source: Step Functions developer guide, "Discover service integration patterns". */
export type IntegrationPattern = "requestResponse" | "sync" | "waitForTaskToken";

/** What the Resource of a Task calls. */
export type Integration =
  | { readonly kind: "lambda"; readonly functionArn: string }
  | { readonly kind: "activity"; readonly activityArn: string }
  | ServiceIntegration;

export interface ServiceIntegration {
  readonly kind: "service";
  /** `lambda`, `dynamodb`, `states`, `aws-sdk:sqs`: as histories show it. */
  readonly resourceType: string;
  /** `invoke`, `sendMessage.waitForTaskToken`, `startExecution.sync:2`: as histories show it. */
  readonly resource: string;
  /** The resource without its pattern: `startExecution`. */
  readonly action: string;
  readonly pattern: IntegrationPattern;
}

const SERVICE =
  /^(?<type>aws-sdk:[a-z0-9]+|(?!aws-sdk:|activity:)[a-z0-9-]+):(?<resource>(?<action>[a-zA-Z0-9]+)(?<suffix>\..+)?)$/;

const PATTERNS: Readonly<Record<string, IntegrationPattern>> = {
  ".sync": "sync",
  ".sync:2": "sync",
  ".waitForTaskToken": "waitForTaskToken",
};

/**
 * What the Resource of a Task means; undefined for what is no ARN of a function, an activity or a service's action.
 * A service that Flyball lacks is an integration all the same: a mocked test case runs it, and {@link unrecognized}
 * or the task itself says what is wrong.
 */
export function integrationOf(resource: string): Integration | undefined {
  const arn = parseArn(resource);
  if (!arn) return undefined;
  if (arn.service === "lambda" && arn.resource.startsWith("function:"))
    return { kind: "lambda", functionArn: resource };
  if (arn.service !== "states") return undefined;
  if (arn.resource.startsWith("activity:") && arn.account !== "")
    return { kind: "activity", activityArn: resource };
  return arn.account === "" && arn.region === "" ? serviceIntegration(arn.resource) : undefined;
}

function serviceIntegration(text: string): ServiceIntegration | undefined {
  const parts = SERVICE.exec(text)?.groups;
  if (!parts) return undefined;
  const { type = "", resource = "", action = "", suffix } = parts;
  const pattern = suffix === undefined ? "requestResponse" : PATTERNS[suffix];
  return pattern && { kind: "service", resourceType: type, resource, action, pattern };
}

/**
 * Whether the Resource of a Task is one that AWS would refuse: in its own words for it, or undefined. What AWS has and
 * Flyball lacks is not refused, since it may be mocked.
 */
export async function unrecognized(resource: string): Promise<string | undefined> {
  const integration = integrationOf(resource);
  if (integration && (await isRecognized(integration))) return undefined;
  return `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`;
}

async function isRecognized(integration: Integration): Promise<boolean> {
  if (integration.kind !== "service") return true;
  const { resourceType, pattern } = integration;
  if ((await calledAction(integration)) !== undefined) return true;
  const sdk = sdkNameOf(resourceType);
  if (sdk !== undefined) return pattern !== "sync" && sdkService(sdk) === undefined;
  return optimized(resourceType) === undefined;
}

/** The action of a service that an integration calls, and how its parameters and answers are written. */
export interface CalledAction {
  readonly action: SdkAction;
  /** Undefined for an integration of the service's SDK. */
  readonly optimized: OptimizedService | undefined;
  readonly conversion: Conversion;
}

/** What an integration calls; undefined where there is no such service, action or pattern here. */
export async function calledAction(
  integration: ServiceIntegration,
): Promise<CalledAction | undefined> {
  const { resourceType, resource, action: name, pattern } = integration;
  const sdk = sdkNameOf(resourceType);
  const service = sdk === undefined ? optimized(resourceType) : undefined;
  const hasPattern = service ? service.resources.has(resource) : pattern !== "sync";
  const action = hasPattern ? await findSdkAction(sdk ?? service?.sdk ?? "", name) : undefined;
  if (!action) return undefined;
  const naming = service ? "api" : "java";
  return {
    action,
    optimized: service,
    conversion: { naming, bytes: bytesOf(action.service) },
  };
}

/** The service's name in the resource type of an integration of its SDK: `sqs` of `aws-sdk:sqs`. */
export function sdkNameOf(resourceType: string): string | undefined {
  return resourceType.startsWith("aws-sdk:") ? resourceType.slice("aws-sdk:".length) : undefined;
}
