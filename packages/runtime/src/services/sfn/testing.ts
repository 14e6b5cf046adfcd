import { Cloud } from "../../cloud.ts";
import { type AnyServiceDefinition, defineService } from "../../service.ts";
import { sfn } from "./service.ts";

export const caller = {
  account: "123456789012",
  region: "eu-central-1",
  principal: "arn:aws:iam::123456789012:user/tester",
};
export const roleArn = "arn:aws:iam::123456789012:role/states";

/** An hour of a day, so that what is shown of times is the same every run. */
const START_TIME = Date.UTC(2026, 0, 1, 12);

/** A cloud on virtual time with Step Functions and what a test puts beside it. */
export function machinesCloud(...services: AnyServiceDefinition[]): Cloud {
  return new Cloud({ services: [sfn, ...services], clock: "virtual", startTime: START_TIME });
}

/** A state machine of one Pass state, which tells itself from others by its comment. */
export function passDefinition(comment = ""): string {
  return JSON.stringify({
    Comment: comment,
    StartAt: "Only",
    States: { Only: { Type: "Pass", End: true } },
  });
}

/** CloudWatch Logs with these groups, as the list has them at the time, and nothing else. */
export function logGroups(names: readonly string[]): AnyServiceDefinition {
  return defineService({
    name: "logs",
    operations: {
      DescribeLogGroups: (_call, { logGroupNamePrefix = "" }) => ({
        logGroups: names
          .filter((name) => name.startsWith(logGroupNamePrefix))
          .map((logGroupName) => ({ logGroupName })),
      }),
    },
  });
}
