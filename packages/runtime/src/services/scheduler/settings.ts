import type { CreateScheduleInput, Target } from "@aws-sdk/client-scheduler";
import { Constraints } from "../../constraints.ts";
import { EVENT_AGE_SECONDS_MAX, RETRY_ATTEMPTS_MAX } from "../../targets/retry.ts";
import type { World } from "../../world.ts";
import { invalid } from "./errors.ts";
import { checkExpression, isOneTime, type Timing } from "./expression.ts";
import { DEFAULT_GROUP } from "./group.ts";
import type { Schedule, ScheduleId } from "./schedule.ts";
import { checkTarget } from "./target.ts";

/** Source of these and of the ranges below: API reference of EventBridge Scheduler, CreateSchedule and its types. */
export const NAME_PATTERN = "[0-9a-zA-Z-_.]+";
export const NAME_LENGTH_MAX = 64;
const TOKEN_PATTERN = "[a-zA-Z0-9-_]+";
const ROLE_PATTERN = "arn:aws[a-z-]*:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+";
const DEAD_LETTER_PATTERN = "arn:aws[a-z-]*:sqs:[a-z0-9\\-]+:\\d{12}:[a-zA-Z0-9\\-_]+";
const WINDOW_MINUTES_MAX = 1_440;
const EVENT_AGE_SECONDS_MIN = 60;

const MODES = ["OFF", "FLEXIBLE"];
const STATES = ["ENABLED", "DISABLED"];
const ACTIONS = ["NONE", "DELETE"];

/** How long ago a recurring schedule may be told to have started. Source: AWS's message, which moto's tests hold. */
const START_DATE_AGE_MS_MAX = 5 * 60_000;

/** What CreateSchedule and UpdateSchedule take alike. */
export type ScheduleInput = Omit<CreateScheduleInput, "$metadata">;

/** What a user sets of a schedule: everything that UpdateSchedule replaces. */
export type Settings = Pick<
  Schedule,
  | "timing"
  | "description"
  | "state"
  | "flexibleTimeWindow"
  | "target"
  | "actionAfterCompletion"
  | "kmsKeyArn"
>;

/** Throws `ValidationException` for a name or a group's name that cannot be one. */
export function scheduleIdOf(
  world: World,
  { Name: name = "", GroupName: group = DEFAULT_GROUP }: { Name?: string; GroupName?: string },
): ScheduleId {
  new Constraints()
    .required("name", name || undefined)
    .length("name", name, { max: NAME_LENGTH_MAX })
    .pattern("name", name || undefined, NAME_PATTERN)
    .length("groupName", group, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("groupName", group, NAME_PATTERN)
    .check("ValidationException");
  return { account: world.account, region: world.region, group, name };
}

export function checkClientToken(token: string | undefined): void {
  new Constraints()
    .length("clientToken", token, { min: 1, max: 64 })
    .pattern("clientToken", token, TOKEN_PATTERN)
    .check("ValidationException");
}

/** Throws `ValidationException` with all that is out of its range, then with what makes no sense together. */
export async function settingsOf(input: ScheduleInput, now: number): Promise<Settings> {
  checkShape(input);
  checkTargetShape(input.Target);
  checkClientToken(input.ClientToken);
  const timing = timingOf(input, now);
  const { Mode, MaximumWindowInMinutes } = input.FlexibleTimeWindow ?? {};
  if (Mode === "FLEXIBLE" && MaximumWindowInMinutes === undefined)
    throw invalid("MaximumWindowInMinutes must be provided when FlexibleTimeWindow is FLEXIBLE.");
  if (Mode === "OFF" && MaximumWindowInMinutes !== undefined)
    throw invalid("MaximumWindowInMinutes cannot be set when FlexibleTimeWindow is OFF.");
  const { Description: description, KmsKeyArn: kmsKeyArn } = input;
  return {
    timing,
    ...(description !== undefined && { description }),
    state: input.State ?? "ENABLED",
    flexibleTimeWindow: {
      Mode,
      ...(MaximumWindowInMinutes !== undefined && { MaximumWindowInMinutes }),
    },
    target: await targetOf(input.Target),
    actionAfterCompletion: input.ActionAfterCompletion ?? "NONE",
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
  };
}

/** Recurring schedules cannot be made to have started long ago. Throws `ValidationException`. */
export function checkStartDate(timing: Timing, now: number): void {
  if (isOneTime(timing) || timing.startDate === undefined) return;
  if (timing.startDate < now - START_DATE_AGE_MS_MAX)
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
}

function checkShape(input: ScheduleInput): void {
  const { FlexibleTimeWindow, Target } = input;
  new Constraints()
    .required("scheduleExpression", input.ScheduleExpression)
    .length("scheduleExpression", input.ScheduleExpression, { min: 1, max: 256 })
    .length("description", input.Description, { max: 512 })
    .length("scheduleExpressionTimezone", input.ScheduleExpressionTimezone, { min: 1, max: 50 })
    .oneOf("state", input.State, STATES)
    .oneOf("actionAfterCompletion", input.ActionAfterCompletion, ACTIONS)
    .required("flexibleTimeWindow", FlexibleTimeWindow)
    .required("flexibleTimeWindow.mode", FlexibleTimeWindow ? FlexibleTimeWindow.Mode : "")
    .oneOf("flexibleTimeWindow.mode", FlexibleTimeWindow?.Mode, MODES)
    .range(
      "flexibleTimeWindow.maximumWindowInMinutes",
      FlexibleTimeWindow?.MaximumWindowInMinutes,
      { min: 1, max: WINDOW_MINUTES_MAX },
    )
    .required("target", Target)
    .check("ValidationException");
}

function checkTargetShape(target: Target | undefined): void {
  const { RetryPolicy, DeadLetterConfig, EventBridgeParameters, SqsParameters } = target ?? {};
  const attempts = RetryPolicy?.MaximumRetryAttempts;
  const constraints = new Constraints()
    .required("target.arn", target?.Arn)
    .length("target.arn", target?.Arn, { min: 1, max: 1_600 })
    .required("target.roleArn", target?.RoleArn)
    .pattern("target.roleArn", target?.RoleArn, ROLE_PATTERN)
    .length("target.input", target?.Input, { min: 1 })
    .pattern("target.deadLetterConfig.arn", DeadLetterConfig?.Arn, DEAD_LETTER_PATTERN)
    .range("target.retryPolicy.maximumRetryAttempts", attempts, { min: 0, max: RETRY_ATTEMPTS_MAX })
    .range("target.retryPolicy.maximumEventAgeInSeconds", RetryPolicy?.MaximumEventAgeInSeconds, {
      min: EVENT_AGE_SECONDS_MIN,
      max: EVENT_AGE_SECONDS_MAX,
    })
    .length("target.sqsParameters.messageGroupId", SqsParameters?.MessageGroupId, {
      min: 1,
      max: 128,
    });
  if (EventBridgeParameters)
    constraints
      .required("target.eventBridgeParameters.detailType", EventBridgeParameters.DetailType)
      .length("target.eventBridgeParameters.detailType", EventBridgeParameters.DetailType, {
        min: 1,
        max: 128,
      })
      .required("target.eventBridgeParameters.source", EventBridgeParameters.Source)
      .length("target.eventBridgeParameters.source", EventBridgeParameters.Source, {
        min: 1,
        max: 256,
      });
  constraints.check("ValidationException");
}

function timingOf(input: ScheduleInput, now: number): Timing {
  const { ScheduleExpression: expression = "", ScheduleExpressionTimezone: timeZone = "UTC" } =
    input;
  checkExpression(expression, timeZone);
  const startDate = input.StartDate?.getTime();
  const endDate = input.EndDate?.getTime();
  if (startDate !== undefined && endDate !== undefined && endDate <= startDate)
    throw invalid("The EndDate you specify must come after the StartDate.");
  return {
    expression,
    timeZone,
    ...(startDate !== undefined && { startDate }),
    ...(endDate !== undefined && { endDate }),
    since: startDate ?? now,
  };
}

/** The target with the retry policy that it has when none is given, as GetSchedule shows it. */
async function targetOf(target: Target | undefined): Promise<Target> {
  // Its presence was checked before.
  const given = target!;
  await checkTarget(given);
  return {
    ...given,
    RetryPolicy: {
      MaximumEventAgeInSeconds: EVENT_AGE_SECONDS_MAX,
      MaximumRetryAttempts: RETRY_ATTEMPTS_MAX,
      ...given.RetryPolicy,
    },
  };
}
