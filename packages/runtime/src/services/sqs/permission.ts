import { ServiceError } from "../../errors.ts";
import { grant, type Statement } from "../../resource-policy.ts";
import type { OperationOf } from "../../service.ts";
import { invalidParameter, invalidValue, missingParameter } from "./errors.ts";
import type { Queue } from "./queue.ts";
import { changeQueue } from "./queue-operations.ts";

interface Policy {
  readonly Version: string;
  readonly Id?: string;
  readonly Statement: readonly Statement[];
}

const LABEL = /^[\w-]{1,80}$/;
const ACCOUNT = /^\d{12}$/;
/** API reference of AddPermission. */
const ACTIONS_MAX = 7;
const PERMISSIONS_MAX = 20;
/** What can be granted to others: the developer guide's "Amazon SQS API permissions" without the owner's own. */
const GRANTABLE = new Set([
  "*",
  "SendMessage",
  "ReceiveMessage",
  "DeleteMessage",
  "ChangeMessageVisibility",
  "GetQueueAttributes",
  "GetQueueUrl",
  "ListDeadLetterSourceQueues",
  "PurgeQueue",
]);

/** AddPermission: a statement of the queue's policy that allows other accounts these actions. */
export const addPermission: OperationOf<"sqs", "AddPermission"> = async (call, input) => {
  const { Label, AWSAccountIds = [], Actions = [] } = input;
  if (!Label) throw missingParameter("Label");
  if (!LABEL.test(Label))
    throw invalidValue(
      "Label",
      Label,
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
    );
  checkGrant(AWSAccountIds, Actions);
  await changeQueue(call, input.QueueUrl, (_, queue) => {
    const policy = policyOf(queue);
    if (policy.Statement.some(({ Sid }) => Sid === Label))
      throw invalidValue("Label", Label, "Already exists.");
    if (policy.Statement.length >= PERMISSIONS_MAX)
      throw new ServiceError(
        "OverLimit",
        `${PERMISSIONS_MAX} statements are the most that a queue's policy can have.`,
      );
    const actions = Actions.map((action) => `SQS:${action}`);
    const statement = grant(Label, AWSAccountIds, actions, queue.arn);
    return withPolicy(queue, { ...policy, Statement: [...policy.Statement, statement] });
  });
  return {};
};

function checkGrant(accounts: readonly string[], actions: readonly string[]): void {
  if (accounts.length === 0) throw missingParameter("AWSAccountIds");
  if (actions.length === 0) throw missingParameter("Actions");
  for (const account of accounts)
    if (!ACCOUNT.test(account)) throw invalidValue("PrincipalId", account, "Unable to verify.");
  if (actions.length > ACTIONS_MAX)
    throw new ServiceError(
      "OverLimit",
      `${actions.length} Actions were found, maximum allowed is ${ACTIONS_MAX}.`,
    );
  for (const action of actions)
    if (!GRANTABLE.has(action))
      throw invalidValue(
        "ActionName",
        `SQS:${action}`,
        "Please refer to the appropriate WSDL for a list of valid actions. ",
      );
}

/** RemovePermission: takes the statement of a label out of the queue's policy. */
export const removePermission: OperationOf<"sqs", "RemovePermission"> = async (call, input) => {
  const { Label } = input;
  if (!Label) throw missingParameter("Label");
  await changeQueue(call, input.QueueUrl, (_, queue) => {
    const policy = policyOf(queue);
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== Label);
    if (Statement.length === policy.Statement.length)
      throw invalidValue("Label", Label, "can't find label.");
    return withPolicy(queue, { ...policy, Statement });
  });
  return {};
};

function policyOf(queue: Queue): Policy {
  const json = queue.attributes.Policy;
  if (!json) return { Version: "2008-10-17", Id: `${queue.arn}/SQSDefaultPolicy`, Statement: [] };
  const policy = JSON.parse(json) as Policy;
  if (policy.Statement === undefined)
    throw invalidParameter("The queue's policy has no Statement.");
  // A policy may have a single statement without a list around it.
  return { ...policy, Statement: [policy.Statement].flat() as Statement[] };
}

function withPolicy(queue: Queue, policy: Policy): Pick<Queue, "attributes"> {
  const { Policy: _, ...attributes } = queue.attributes;
  if (policy.Statement.length === 0) return { attributes };
  return { attributes: { ...attributes, Policy: JSON.stringify(policy) } };
}
