import { rootArn } from "./arn.ts";

/** A statement of a resource's policy, of which only the id is looked at. */
export interface Statement {
  readonly Sid?: string;
  readonly [member: string]: unknown;
}

/** What AddPermission of SNS and SQS write: a statement that allows accounts some actions, as `SQS:SendMessage`. */
export function grant(
  label: string,
  accounts: readonly string[],
  actions: readonly string[],
  resource: string,
): Statement {
  return {
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: oneOrAll(accounts.map(rootArn)) },
    Action: oneOrAll(actions),
    Resource: resource,
  };
}

function oneOrAll<T>(values: readonly T[]): T | readonly T[] {
  return values.length === 1 ? values[0]! : values;
}
