import {
  type AttributeValue,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { isConditionFailure } from "../table.ts";
import { describe, LockError, lockErrorOf } from "./errors.ts";
import { type Address, addressOf, checkKeyAttribute, HandlerEvent, ownerOf } from "./event.ts";
import { type Handler, type HandlerOptions, handlerOf, type Means } from "./handler.ts";
import { isTruthy, PythonError, storedFrom, typeName } from "./python-values.ts";
import { clearingOf, deathsCountSince, tombstoneOf } from "./tombstone.ts";

/**
 * The acquire step of a state machine: takes `PerItemConcurrency` units (1) of a semaphore for an execution, in one
 * conditional write.
 *
 * The event: `ExecutionId` and `StateEnteredTime`; `TableName`, `LockIdAttribute`, `LockName`, `PerItemConcurrency`,
 * `ConcurrencyLimit` (units) and `WarmupTpsLimit` (starts a second; 0: any number), which come from the environment
 * where they are left out (`DEFAULT_DDB_TABLE_NAME`, `DEFAULT_LOCK_ID_ATTRIBUTE`, …). Answers `{}`. Errors:
 * `LockError`, by the names that state machines catch; Python's `TypeError` and `ValueError` where the original lets
 * them through.
 *
 * It reads its event as the original does (an aws-samples function in Python: see docs/semaphore.md), and its holders
 * look the same. It differs where that fell short: with more than one unit it grants no more than the limit, a
 * refusal costs no second read, and an execution that `reap` has seen die gets nothing.
 */
export function createAcquireLock(options: HandlerOptions = {}): Handler {
  return handlerOf(acquire, options);
}

/** `createAcquireLock` with all its defaults, to be exported from a function as it is. */
export const acquireLock: Handler = createAcquireLock();

async function acquire(event: unknown, means: Means): Promise<void> {
  const request = requestFrom(event, means);
  const refusal = await grant(request, means);
  if (refusal === undefined) return;
  const item = refusal.Item;
  if (item === undefined)
    throw new LockError("Lambda_DynamoDBResourceNotFound", "Lock item does not exist", refusal);
  const freed = await clear(item, request, means);
  const refusalAgain = freed > 0 ? await grant(request, means) : refusal;
  if (refusalAgain !== undefined)
    throw new LockError(
      "Lambda_ConditionalCheckFailedException",
      describe(refusalAgain, "UpdateItem"),
      refusalAgain,
    );
}

interface Request {
  readonly event: HandlerEvent;
  readonly place: HandlerEvent["place"];
  readonly executionId: unknown;
  readonly stateEnteredTime: unknown;
  readonly units: unknown;
  readonly limit: unknown;
  readonly startsPerSecond: unknown;
}

function requestFrom(given: unknown, { environment }: Means): Request {
  const event = new HandlerEvent(given, environment);
  // In the original's order: of several faults, the first is told.
  const request = {
    event,
    executionId: event.required("ExecutionId"),
    stateEnteredTime: event.required("StateEnteredTime"),
    place: event.place,
    units: event.perItemConcurrency,
    limit: event.concurrencyLimit,
    startsPerSecond: event.warmupTpsLimit,
  };
  checkKeyAttribute(request.place);
  return request;
}

type Refusal = Error & { readonly Item?: Record<string, AttributeValue> | undefined };

/** Takes the units; the refusal, where the condition did not hold. */
async function grant(request: Request, { client, now }: Means): Promise<Refusal | undefined> {
  try {
    await client.send(new UpdateItemCommand(grantOf(request, now() / 1000)));
    return undefined;
  } catch (error) {
    if (isConditionFailure(error)) return error;
    throw lockErrorOf(error, "UpdateItem");
  }
}

/** `now`: seconds since 1970. Throws what boto3 says of values that it cannot send. */
function grantOf(request: Request, now: number): UpdateItemCommandInput {
  const { units, limit, stateEnteredTime, startsPerSecond } = request;
  const nextAvailable = nextAvailableOf(startsPerSecond, now);
  const values = {
    ":increase": storedFrom(units),
    ":limit": storedFrom(limit),
    ":currenttime": { N: String(now) },
    ":nextavailtime": { N: nextAvailable },
    ":lockacquiredtime": storedFrom(stateEnteredTime),
    ":alive": { N: String(deathsCountSince(stateEnteredTime, now)) },
    ...roomFor(units, limit),
  };
  const address = addressOf(request.place);
  const owner = ownerOf(request.executionId);
  return {
    ...address,
    UpdateExpression:
      "SET #currentlockcount = #currentlockcount + :increase, #lockownerid = :lockacquiredtime, #nextavailtime = :nextavailtime",
    ConditionExpression: [
      "#currentlockcount < :limit",
      "attribute_not_exists(#lockownerid)",
      "#nextavailtime < :currenttime",
      "(attribute_not_exists(#dead) or #dead < :alive)",
      ...(":room" in values ? ["#currentlockcount <= :room"] : []),
    ].join(" and "),
    ExpressionAttributeNames: {
      "#currentlockcount": "currentlockcount",
      "#lockownerid": owner,
      "#nextavailtime": "nextavailtime",
      "#dead": tombstoneOf(owner),
    },
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

/** For one unit, `count < limit` says it all. */
function roomFor(units: unknown, limit: unknown): { ":room"?: AttributeValue } {
  if (typeof units !== "number" || typeof limit !== "number" || units === 1) return {};
  return { ":room": { N: String(limit - units) } };
}

function nextAvailableOf(startsPerSecond: unknown, now: number): string {
  if (!isTruthy(startsPerSecond)) return "0";
  if (typeof startsPerSecond !== "number" && typeof startsPerSecond !== "boolean")
    throw new PythonError(
      "TypeError",
      `unsupported operand type(s) for /: 'float' and '${typeName(startsPerSecond)}'`,
    );
  const next = now + 1 / Number(startsPerSecond);
  if (!Number.isFinite(next)) throw new PythonError("TypeError", "Infinity and NaN not supported");
  return String(next);
}

/**
 * Takes off what dead executions hold, as the refused write showed it: how many units. Where that fails, the refusal
 * stands, and the next who is refused finds the same.
 */
async function clear(
  item: Record<string, AttributeValue>,
  { units, place }: Request,
  { client, now }: Means,
): Promise<number> {
  const clearing = clearingOf(item, { units: Number(units), now: now() / 1000 });
  if (clearing === undefined) return 0;
  const address: Address = addressOf(place);
  try {
    await client.send(new UpdateItemCommand({ ...address, ...clearing.write }));
    return clearing.freed;
  } catch {
    return 0;
  }
}
