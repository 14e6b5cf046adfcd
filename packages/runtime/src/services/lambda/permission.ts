import { randomUUID } from "node:crypto";
import type { AddPermissionRequest } from "@aws-sdk/client-lambda";
import { rootArn } from "../../arn.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { aliasNotFound } from "./alias.ts";
import {
  functionNotFound,
  invalidParameter,
  resourceConflict,
  resourceNotFound,
  revisionMismatch,
} from "./errors.ts";
import { functionArn, functionReference, isVersion, LATEST } from "./names.ts";
import {
  findAlias,
  findFunction,
  findVersion,
  keys,
  type PolicyRecord,
  type Statement,
} from "./record.ts";

/** Lambda quotas, "Function resource-based policy". */
const POLICY_BYTES_MAX = 20_480;
const STATEMENT_ID_PATTERN = "([a-zA-Z0-9-_]+)";
const ACTION_PATTERN = "(lambda:[*]|lambda:[a-zA-Z]+|[*])";

export const addPermission: OperationOf<"lambda", "AddPermission"> = async (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  new Constraints()
    .required("statementId", input.StatementId)
    .required("action", input.Action)
    .required("principal", input.Principal)
    .pattern("statementId", input.StatementId, STATEMENT_ID_PATTERN)
    .length("statementId", input.StatementId, { min: 1, max: 100 })
    .pattern("action", input.Action, ACTION_PATTERN)
    .pattern("principal", input.Principal, "[^\\s]+")
    .pattern("sourceAccount", input.SourceAccount, "\\d{12}")
    .check("ValidationException");
  const statement = await cloud.store.write((tx) => {
    requireTarget(tx, caller, name, qualifier);
    const added = statementOf(input, functionArn(caller, name, qualifier));
    addStatement(tx, keys.policy(caller, name, qualifier), added, input.RevisionId, "GetPolicy");
    return added;
  });
  return { Statement: JSON.stringify(statement) };
};

export const removePermission: OperationOf<"lambda", "RemovePermission"> = async (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  new Constraints().required("statementId", input.StatementId).check("ValidationException");
  await cloud.store.write((tx) => {
    if (!findFunction(tx, caller, name))
      throw resourceNotFound(`No policy found for: ${functionArn(caller, name, qualifier)}`);
    const key = keys.policy(caller, name, qualifier);
    removeStatement(tx, key, input.StatementId ?? "", input.RevisionId, "GetPolicy");
  });
  return {};
};

export const getPolicy: OperationOf<"lambda", "GetPolicy"> = ({ cloud, caller }, input) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  const policy = cloud.store.read((tx) =>
    tx.get<PolicyRecord>(keys.policy(caller, name, qualifier)),
  );
  if (!policy) throw resourceNotFound("The resource you requested does not exist.");
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};

/**
 * Adds a statement to the policy at a key. `call` is the operation that tells the policy's revision.
 *
 * Throws ResourceConflictException, PreconditionFailedException, PolicyLengthExceededException.
 */
export function addStatement(
  tx: WriteTransaction,
  key: Key,
  statement: Statement,
  revisionId: string | undefined,
  call: "GetPolicy" | "GetLayerPolicy",
): PolicyRecord {
  const before = tx.get<PolicyRecord>(key);
  if (before?.statements.some(({ Sid }) => Sid === statement.Sid))
    throw resourceConflict(
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  if (revisionId !== undefined && revisionId !== before?.revisionId) throw revisionMismatch(call);
  const policy: PolicyRecord = {
    revisionId: randomUUID(),
    statements: [...(before?.statements ?? []), statement],
  };
  const bytes = Buffer.byteLength(policyText(policy));
  if (bytes > POLICY_BYTES_MAX)
    throw new ServiceError(
      "PolicyLengthExceededException",
      `The final policy size (${bytes}) is bigger than the limit (${POLICY_BYTES_MAX}).`,
      { fields: { Type: "User" } },
    );
  tx.put(key, policy);
  return policy;
}

/** Throws ResourceNotFoundException, PreconditionFailedException. */
export function removeStatement(
  tx: WriteTransaction,
  key: Key,
  statementId: string,
  revisionId: string | undefined,
  call: "GetPolicy" | "GetLayerPolicy",
): void {
  const policy = tx.get<PolicyRecord>(key);
  if (!policy) throw resourceNotFound("No policy is associated with the given resource.");
  const statements = policy.statements.filter(({ Sid }) => Sid !== statementId);
  if (statements.length === policy.statements.length)
    throw resourceNotFound(`Statement ${statementId} is not found in resource policy.`);
  if (revisionId !== undefined && revisionId !== policy.revisionId) throw revisionMismatch(call);
  if (statements.length === 0) tx.delete(key);
  else tx.put(key, { revisionId: randomUUID(), statements });
}

export function policyText({ statements }: PolicyRecord): string {
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements });
}

function requireTarget(
  tx: ReadTransaction,
  world: World,
  name: string,
  qualifier: string | undefined,
): void {
  if (!findFunction(tx, world, name)) throw functionNotFound(functionArn(world, name, qualifier));
  if (qualifier === undefined) return;
  if (qualifier === LATEST)
    throw invalidParameter("We currently do not support adding policies for $LATEST.");
  if (isVersion(qualifier)) {
    if (!findVersion(tx, world, name, qualifier))
      throw functionNotFound(functionArn(world, name, qualifier));
    return;
  }
  if (qualifier.includes("$")) throw functionNotFound(functionArn(world, name, qualifier));
  if (!findAlias(tx, world, name, qualifier)) throw aliasNotFound(world, name, qualifier);
}

function statementOf(input: AddPermissionRequest, resource: string): Statement {
  const equals = given({
    "AWS:SourceAccount": input.SourceAccount,
    "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType,
    "aws:PrincipalOrgID": input.PrincipalOrgID,
    "lambda:EventSourceToken": input.EventSourceToken,
  });
  const like = given({ "AWS:SourceArn": input.SourceArn });
  const bool = given({
    "lambda:InvokedViaFunctionUrl":
      input.InvokedViaFunctionUrl === undefined ? undefined : String(input.InvokedViaFunctionUrl),
  });
  const condition = given({ StringEquals: equals, ArnLike: like, Bool: bool });
  return {
    Sid: input.StatementId ?? "",
    Effect: "Allow",
    Principal: principal(input.Principal ?? ""),
    Action: input.Action ?? "",
    Resource: resource,
    ...(condition ? { Condition: condition } : {}),
  };
}

function given<T>(members: Record<string, T | undefined>): Record<string, T> | undefined {
  const entries = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function principal(name: string): Statement["Principal"] {
  if (name === "*") return "*";
  if (/^\d{12}$/.test(name)) return { AWS: rootArn(name) };
  if (/^arn:aws[a-z-]*:(iam|sts)::\d{12}:.+$/.test(name)) return { AWS: name };
  if (/^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|alexa\.com)$/.test(name))
    return { Service: name };
  throw invalidParameter(
    "The provided principal was invalid. Please check the principal and try again.",
  );
}
