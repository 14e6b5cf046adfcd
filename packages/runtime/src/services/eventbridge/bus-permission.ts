import type { Condition } from "@aws-sdk/client-eventbridge";
import { rootArn } from "../../arn.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { Statement } from "../../resource-policy.ts";
import type { OperationOf } from "../../service.ts";
import { type Bus, type BusPlace, busArn, busKey, busNamed, requireBus } from "./bus.ts";
import { invalidParameter, notFound } from "./errors.ts";

/** Source: API reference, PutPermission: "cannot exceed 10 KB in size". */
const POLICY_BYTES_MAX = 10_240;
/** Source of these: API reference, PutPermission. */
const STATEMENT_ID_LENGTH_MAX = 64;
const STATEMENT_ID_PATTERN = "[a-zA-Z0-9-_]+";
const ACTION_PATTERN = "events:[a-zA-Z]+";
const PRINCIPAL_PATTERN = "(\\d{12}|\\*)";

/** The bus's policy as DescribeEventBus shows it; undefined where it has no statement. It is not evaluated. */
export function policyOf({ statements }: Bus): string | undefined {
  if (statements.length === 0) return undefined;
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Adds a statement, in the place of one with its id; or puts a whole policy in the place of all. */
export const putPermission: OperationOf<"eventbridge", "PutPermission"> = async (
  { cloud, caller },
  input,
) => {
  const place = busNamed(caller, input.EventBusName);
  const {
    Policy: policy,
    StatementId: id = "",
    Action: action = "",
    Principal: principal = "",
  } = input;
  if (policy === undefined)
    new Constraints()
      .required("action", input.Action)
      .pattern("action", input.Action, ACTION_PATTERN)
      .required("principal", input.Principal)
      .pattern("principal", input.Principal, PRINCIPAL_PATTERN)
      .required("statementId", input.StatementId)
      .length("statementId", input.StatementId, { min: 1, max: STATEMENT_ID_LENGTH_MAX })
      .pattern("statementId", input.StatementId, STATEMENT_ID_PATTERN)
      .check("ValidationException");
  const added =
    policy === undefined
      ? [statementOf(place, { id, action, principal, condition: input.Condition })]
      : parseStatements(policy);
  await cloud.store.write((tx) => {
    const bus = requireBus(tx, place);
    const others = policy === undefined ? bus.statements.filter(({ Sid }) => Sid !== id) : [];
    const changed: Bus = {
      ...bus,
      statements: [...others, ...added],
      modifiedAt: cloud.clock.now(),
    };
    if (Buffer.byteLength(policyOf(changed) ?? "") > POLICY_BYTES_MAX)
      throw new ServiceError(
        "PolicyLengthExceededException",
        `The policy of event bus ${place.name} is longer than ${POLICY_BYTES_MAX} bytes.`,
      );
    tx.put(busKey(place, place.name), changed);
  });
  return {};
};

/** Takes off the statement of an id, or all. Throws `ResourceNotFoundException` where there is none of the id. */
export const removePermission: OperationOf<"eventbridge", "RemovePermission"> = async (
  { cloud, caller },
  input,
) => {
  const place = busNamed(caller, input.EventBusName);
  const { StatementId: id, RemoveAllPermissions: all = false } = input;
  await cloud.store.write((tx) => {
    const bus = requireBus(tx, place);
    const statements = all ? [] : bus.statements.filter(({ Sid }) => Sid !== id);
    if (!all && statements.length === bus.statements.length)
      throw notFound("Statement with the provided id does not exist.");
    tx.put<Bus>(busKey(place, place.name), { ...bus, statements, modifiedAt: cloud.clock.now() });
  });
  return {};
};

function statementOf(
  place: BusPlace,
  given: {
    readonly id: string;
    readonly action: string;
    readonly principal: string;
    readonly condition: Condition | undefined;
  },
): Statement {
  const { id, action, principal, condition } = given;
  return {
    Sid: id,
    Effect: "Allow",
    Principal: principal === "*" ? "*" : { AWS: rootArn(principal) },
    Action: action,
    Resource: busArn(place),
    ...(condition === undefined
      ? {}
      : { Condition: { [condition.Type ?? ""]: { [condition.Key ?? ""]: condition.Value } } }),
  };
}

function parseStatements(policy: string): readonly Statement[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(policy);
  } catch {
    throw invalidParameter("Policy", "The policy is not valid JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed))
    throw invalidParameter("Policy", "The policy has no Statement.");
  const { Statement: statements } = parsed;
  return Array.isArray(statements) ? statements : [statements as Statement];
}
