import { type Arn, parseArn } from "../../arn.ts";

export type SourceService = "dynamodb" | "sqs";
export type EnrichmentService = "lambda" | "states";
export type TargetService = "events" | "lambda" | "logs" | "sns" | "sqs" | "states";

const SOURCES: Readonly<Record<SourceService, RegExp>> = {
  dynamodb: /^table\/[^/]+\/stream\/.+$/,
  sqs: /^[^:/]+$/,
};
const TARGETS: Readonly<Record<TargetService, RegExp>> = {
  events: /^event-bus\/./,
  lambda: /^function:[^:]+(:[^:]+)?$/,
  logs: /^log-group:[^:]+(:\*)?$/,
  sns: /^[^:]+$/,
  sqs: /^[^:]+$/,
  states: /^stateMachine:[^:]+(:[^:]+)?$/,
};
const { lambda, states } = TARGETS;
const ENRICHMENTS: Readonly<Record<EnrichmentService, RegExp>> = { lambda, states };

export interface Place<Service> extends Arn {
  readonly service: Service & string;
}

/** Undefined for what a pipe cannot read here. */
export function parseSource(arn: string): Place<SourceService> | undefined {
  return parsePlace(arn, SOURCES);
}

/** Undefined for what a pipe cannot enrich events with here. */
export function parseEnrichment(arn: string): Place<EnrichmentService> | undefined {
  return parsePlace(arn, ENRICHMENTS);
}

/** Undefined for what a pipe cannot send to here. */
export function parseTarget(arn: string): Place<TargetService> | undefined {
  return parsePlace(arn, TARGETS);
}

/**
 * How many events a target takes at once; undefined where only their size has a limit. Source: EventBridge user guide,
 * "Amazon EventBridge Pipes batching and concurrency", "Supported batchable targets".
 */
export function batchMaxOf(target: string): number | undefined {
  switch (parseTarget(target)?.service) {
    case "events":
    case "sns":
    case "sqs":
      return 10;
    case "logs":
      return 10_000;
    default:
      return undefined;
  }
}

function parsePlace<Service extends string>(
  text: string,
  resources: Readonly<Record<Service, RegExp>>,
): Place<Service> | undefined {
  const parsed = parseArn(text);
  if (!parsed || !Object.hasOwn(resources, parsed.service)) return undefined;
  // It is one of the names in the table.
  const service = parsed.service as Service;
  return resources[service].test(parsed.resource) ? { ...parsed, service } : undefined;
}
