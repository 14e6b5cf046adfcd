import { type Arn, parseArn } from "../../arn.ts";
import { TARGET_RESOURCES } from "../../targets/send.ts";

/** The services that rules deliver to here. */
export type TargetService = "events" | "lambda" | "logs" | "sns" | "sqs" | "states";

const RESOURCES: Readonly<Record<TargetService, RegExp>> = {
  ...TARGET_RESOURCES,
  logs: /^log-group:[^:]+(:\*)?$/,
};

export interface TargetArn extends Arn {
  readonly service: TargetService;
}

/** Undefined for what is no ARN, or one of something that a rule cannot be delivered to here. */
export function parseTargetArn(text: string): TargetArn | undefined {
  const parsed = parseArn(text);
  if (!parsed || !isTargetService(parsed.service)) return undefined;
  const { service } = parsed;
  return RESOURCES[service].test(parsed.resource) ? { ...parsed, service } : undefined;
}

function isTargetService(service: string): service is TargetService {
  return Object.hasOwn(RESOURCES, service);
}
