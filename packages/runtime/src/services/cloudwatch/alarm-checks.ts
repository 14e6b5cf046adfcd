import { checkLength, checkRequired, validationError } from "./errors.ts";

const NAME_LENGTH_MAX = 255;
const DESCRIPTION_LENGTH_MAX = 1024;
/** How many actions an alarm may have for each state. */
const ACTIONS_MAX = 5;
const ACTION_LENGTH_MAX = 1024;

export function checkAlarmName(name: string | undefined): string {
  checkRequired(name, "alarmName");
  checkLength(name, "alarmName", 1, NAME_LENGTH_MAX);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name must not have
  if (/[\x00-\x1f\x7f]/.test(name))
    throw validationError("The parameter AlarmName must not contain ASCII control characters.");
  return name;
}

export function checkDescription(description: string | undefined): void {
  checkLength(description, "alarmDescription", 0, DESCRIPTION_LENGTH_MAX);
}

/** Refuses what is no ARN and what is too many. Whether the target exists shows when the action is done, as on AWS. */
export function checkActions(actions: {
  readonly OKActions?: string[] | undefined;
  readonly AlarmActions?: string[] | undefined;
  readonly InsufficientDataActions?: string[] | undefined;
}): void {
  for (const [member, arns] of [
    ["oKActions", actions.OKActions],
    ["alarmActions", actions.AlarmActions],
    ["insufficientDataActions", actions.InsufficientDataActions],
  ] as const) {
    if (!arns) continue;
    checkLength(arns, member, 0, ACTIONS_MAX);
    for (const arn of arns) {
      checkLength(arn, `${member}.1.member`, 1, ACTION_LENGTH_MAX);
      if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(arn))
        throw validationError(`Invalid arn syntax: ${arn}`);
    }
  }
}
