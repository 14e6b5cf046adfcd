import { grant, type Statement } from "../../resource-policy.ts";
import type { OperationOf } from "../../service.ts";
import { parseLocalTopicArn, type TopicArn } from "./arn.ts";
import { invalidParameter } from "./errors.ts";
import { requireTopic, type Topic, topicKey } from "./topic.ts";

/** What the owner may do by the default policy, and what AddPermission can grant. */
const TOPIC_ACTIONS = [
  "GetTopicAttributes",
  "SetTopicAttributes",
  "AddPermission",
  "RemovePermission",
  "DeleteTopic",
  "Subscribe",
  "ListSubscriptionsByTopic",
  "Publish",
];
const GRANTABLE_ACTIONS = new Set([...TOPIC_ACTIONS, "Receive"]);

interface Policy {
  readonly Statement: readonly Statement[];
  readonly [member: string]: unknown;
}

/** The policy of a topic on which none was set, as GetTopicAttributes shows it. */
export function defaultPolicy({ arn, account }: TopicArn): string {
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: TOPIC_ACTIONS.map((action) => `SNS:${action}`),
        Resource: arn,
        Condition: { StringEquals: { "AWS:SourceOwner": account } },
      },
    ],
  });
}

/** Throws `InvalidParameter` when the policy is not a JSON object with statements. */
export function parsePolicy(text: string, reason = ""): Policy {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter(`${reason}Policy Error: null`);
  }
  if (typeof policy !== "object" || policy === null || !("Statement" in policy))
    throw invalidParameter(`${reason}Policy statement must be provided`);
  const { Statement: statements } = policy;
  return { ...policy, Statement: Array.isArray(statements) ? statements : [statements] };
}

export const addPermission: OperationOf<"sns", "AddPermission"> = async (call, input) => {
  const arn = parseLocalTopicArn(call.caller, input.TopicArn);
  const { Label: label, AWSAccountId: accounts = [], ActionName: actions = [] } = input;
  if (!label) throw invalidParameter("Label Reason: no value for required parameter");
  if (accounts.length === 0)
    throw invalidParameter("AWSAccountId Reason: no value for required parameter");
  if (actions.length === 0)
    throw invalidParameter("ActionName Reason: no value for required parameter");
  if (!actions.every((action) => GRANTABLE_ACTIONS.has(action)))
    throw invalidParameter("Policy statement action out of service scope!");
  const granted = actions.map((action) => `SNS:${action}`);
  await call.cloud.store.write((tx) => {
    const topic = requireTopic(tx, arn);
    const policy = parsePolicy(topic.attributes.Policy || defaultPolicy(arn));
    if (policy.Statement.some(({ Sid }) => Sid === label))
      throw invalidParameter("Statement already exists");
    const statement = grant(label, accounts, granted, arn.arn);
    const changed = { ...policy, Statement: [...policy.Statement, statement] };
    const attributes = { ...topic.attributes, Policy: JSON.stringify(changed) };
    tx.put<Topic>(topicKey(arn), { ...topic, attributes });
  });
  return {};
};

/** Takes off the statement of this label; no error where there is none. */
export const removePermission: OperationOf<"sns", "RemovePermission"> = async (call, input) => {
  const arn = parseLocalTopicArn(call.caller, input.TopicArn);
  const { Label: label } = input;
  if (!label) throw invalidParameter("Label Reason: no value for required parameter");
  await call.cloud.store.write((tx) => {
    const topic = requireTopic(tx, arn);
    const policy = parsePolicy(topic.attributes.Policy || defaultPolicy(arn));
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== label);
    const attributes = { ...topic.attributes, Policy: JSON.stringify({ ...policy, Statement }) };
    tx.put<Topic>(topicKey(arn), { ...topic, attributes });
  });
  return {};
};
