import { INTEGRATIONS } from "./integrations.ts";
import { checkTemplate } from "./paths.ts";
import { type CheckedState, expressionsOf } from "./state.ts";

/** AWS takes an account of any letters: LocalStack's snapshots of test_map_state_failure_count. */
const ARN = /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:.+$/;
const ACTIVITY = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:.+$/;
const INTEGRATION = /^arn:aws[a-z-]*:states:::([a-z0-9-]+):(.+)$/;
const ACTION = /^(.+?)(\.sync(?::2)?|\.waitForTaskToken)?$/;

/**
 * What a Task calls. Wording of the refusals: LocalStack's snapshot tests of Express machines (the blank at the end of
 * one is AWS's), cdk_preflight's rule pf-sfn-asl-resource-arn.
 */
export function checkResource({ state, place, surroundings, report }: CheckedState): void {
  const at = `${place}/Resource`;
  const resource = state.Resource!;
  if (!report.isA("string", resource, at)) return;
  const arn = resource as string;
  if (!ARN.test(arn)) {
    report.schema("Value is not a valid resource ARN", at);
    return;
  }
  const integration = INTEGRATION.exec(arn);
  if (!integration) {
    if (surroundings.express && ACTIVITY.test(arn)) {
      report.schema("Express state machine does not support Activity ARN", at);
    }
    return;
  }
  const [, service, action] = integration;
  const [, name, pattern = ""] = ACTION.exec(action!)!;
  if (!isRecognized(service!, name!, pattern)) {
    report.schema(
      `The resource provided ${arn} is not recognized. The value is not a valid resource ARN, or the resource is not ` +
        "available in this region.",
      at,
    );
  } else if (surroundings.express && pattern.startsWith(".sync")) {
    report.schema("Express state machine does not support '.sync' service integration", at);
  } else if (surroundings.express && pattern === ".waitForTaskToken") {
    report.schema(
      "Express state machine does not support '.waitForTaskToken' service integration ",
      at,
    );
  }
}

function isRecognized(service: string, action: string, pattern: string): boolean {
  if (service === "aws-sdk") {
    return /^[a-z0-9]+:[a-z][A-Za-z0-9]*$/.test(action) && !pattern.startsWith(".sync");
  }
  const actions = Object.hasOwn(INTEGRATIONS, service) ? INTEGRATIONS[service]! : {};
  const patterns = Object.hasOwn(actions, action) ? actions[action] : undefined;
  return patterns !== undefined && (pattern === "" || patterns.includes(pattern));
}

/** Source: the wording of both refusals, LocalStack's snapshot tests of Credentials and cdk_preflight. */
export function checkCredentials(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  const at = `${place}/Credentials`;
  const credentials = state.Credentials!;
  if (typeof state.Resource === "string" && ACTIVITY.test(state.Resource)) {
    report.schema("The field 'Credentials' is not supported for activities", at);
    return;
  }
  if (language === "JSONata") {
    expressionsOf(checked, "Credentials", "arguments");
    if (typeof credentials === "string" && credentials.startsWith("{%")) return;
  }
  if (!report.isObject(credentials, at)) return;
  if (
    !Object.hasOwn(credentials, "RoleArn") &&
    !(language === "JSONPath" && Object.hasOwn(credentials, "RoleArn.$"))
  ) {
    report.schema("The field 'RoleArn' is required but was missing", at);
  }
  if (language === "JSONPath") checkTemplate(credentials, at, report);
}
