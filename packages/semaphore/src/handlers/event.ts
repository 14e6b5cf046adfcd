import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { LockError } from "./errors.ts";
import {
  floatFrom,
  integerFrom,
  isTruthy,
  PythonError,
  storedFrom,
  textOf,
  typeName,
} from "./python-values.ts";

/** A function's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What stands in for keys that an event leaves out; the original's variables and defaults. */
interface Defaults {
  readonly tableName: string | undefined;
  readonly lockIdAttribute: string | undefined;
  readonly lockName: string | undefined;
  readonly perItemConcurrency: number;
  readonly concurrencyLimit: number;
  readonly warmupTpsLimit: number;
}

/** Throws a `ValueError`, as the original does when it is loaded, for a number that is none. */
function defaultsFrom(environment: Environment): Defaults {
  return {
    tableName: environment.DEFAULT_DDB_TABLE_NAME,
    lockIdAttribute: environment.DEFAULT_LOCK_ID_ATTRIBUTE,
    lockName: environment.DEFAULT_LOCK_NAME,
    perItemConcurrency: integerFrom(environment.DEFAULT_PER_ITEM_CONCURRENCY ?? "1"),
    concurrencyLimit: integerFrom(environment.DEFAULT_CONCURRENCY_LIMIT ?? "0"),
    warmupTpsLimit: floatFrom(environment.DEFAULT_WARMUP_TPS_LIMIT ?? "0"),
  };
}

/**
 * A handler's event, read key by key as the original reads it. That is, with little checking: a wrong type is often
 * found later only, by boto3 or DynamoDB, and reported as `Lambda_OtherDynamoDBError`. State machines have been
 * written against that, so it is so here. `null` is a value, and not a key that is missing.
 */
export class HandlerEvent {
  readonly #event: object;
  readonly #defaults: Defaults;

  constructor(event: unknown, environment: Environment) {
    this.#defaults = defaultsFrom(environment);
    if (typeof event !== "object" || event === null || Array.isArray(event))
      throw new PythonError("TypeError", refusalToIndex(event));
    this.#event = event;
  }

  /** `$$.Execution.Id` or whatever else names the holder: any value, since nothing but DynamoDB checks it. */
  required(key: "ExecutionId" | "StateEnteredTime"): unknown {
    if (Object.hasOwn(this.#event, key)) return this.#get(key, undefined);
    // The original prints Python's KeyError, which brings quotes of its own.
    throw new LockError("MalformedRequest", `Input event missing required key ''${key}''`);
  }

  /** Which item. */
  get place(): Place {
    return {
      tableName: this.#named("TableName", "DEFAULT_DDB_TABLE_NAME", this.#defaults.tableName),
      lockIdAttribute: this.#named(
        "LockIdAttribute",
        "DEFAULT_LOCK_ID_ATTRIBUTE",
        this.#defaults.lockIdAttribute,
      ),
      lockName: this.#named("LockName", "DEFAULT_LOCK_NAME", this.#defaults.lockName),
    };
  }

  /**
   * Units. Zero, negative numbers, and what is false in Python are malformed; `true` is above 0 in Python and goes on
   * (to be refused by DynamoDB); anything else cannot be compared, which is Python's own TypeError.
   */
  get perItemConcurrency(): unknown {
    const given = this.#get("PerItemConcurrency", this.#defaults.perItemConcurrency);
    if (isTruthy(given) && typeof given !== "number" && typeof given !== "boolean")
      throw new PythonError(
        "TypeError",
        `'>' not supported between instances of '${typeName(given)}' and 'int'`,
      );
    if (isTruthy(given) && Number(given) > 0) return given;
    throw new LockError(
      "MalformedRequest",
      // The quote is open in the original as well.
      `Input key 'PerItemConcurrency' (or env var DEFAULT_PER_ITEM_CONCURRENCY) must be an integer greater than 0. Got '${textOf(given)}`,
    );
  }

  get concurrencyLimit(): unknown {
    return this.#get("ConcurrencyLimit", this.#defaults.concurrencyLimit);
  }

  get warmupTpsLimit(): unknown {
    return this.#get("WarmupTpsLimit", this.#defaults.warmupTpsLimit);
  }

  #named(key: string, variable: string, byDefault: string | undefined): unknown {
    const given = this.#get(key, byDefault);
    if (isTruthy(given)) return given;
    throw new LockError(
      "MalformedRequest",
      `Must provide either input key '${key}' or env var ${variable}`,
    );
  }

  #get(key: string, byDefault: unknown): unknown {
    return Object.hasOwn(this.#event, key) ? Reflect.get(this.#event, key) : byDefault;
  }
}

/** Python's words for `event["ExecutionId"]` on what has no keys. */
function refusalToIndex(event: unknown): string {
  if (Array.isArray(event)) return "list indices must be integers or slices, not str";
  if (typeof event === "string") return "string indices must be integers, not 'str'";
  return `'${typeName(event)}' object is not subscriptable`;
}

/** As given: not yet known to be texts. */
export interface Place {
  readonly tableName: unknown;
  readonly lockIdAttribute: unknown;
  readonly lockName: unknown;
}

export interface Address {
  readonly TableName: string;
  readonly Key: Record<string, AttributeValue>;
}

/** What cannot be a key of Python's dict fails there and then, before anything is caught. */
export function checkKeyAttribute({ lockIdAttribute }: Place): void {
  if (typeof lockIdAttribute === "object")
    throw new PythonError("TypeError", `unhashable type: '${typeName(lockIdAttribute)}'`);
}

/** Throws what boto3 says of names that are no texts. */
export function addressOf({ tableName, lockIdAttribute, lockName }: Place): Address {
  const key = storedFrom(lockName);
  if (typeof lockIdAttribute !== "string")
    throw invalidType(`Key (key: ${textOf(lockIdAttribute)})`, lockIdAttribute);
  if (typeof tableName !== "string")
    throw new PythonError(
      "TypeError",
      "Value (ResourceArn) is the wrong type. Must be <class 'str'>.",
    );
  return { TableName: tableName, Key: { [lockIdAttribute]: key } };
}

/** The attribute that an execution holds units by. Throws what boto3 says of one that is no text. */
export function ownerOf(executionId: unknown): string {
  if (typeof executionId === "string") return executionId;
  throw invalidType("ExpressionAttributeNames.#lockownerid", executionId);
}

function invalidType(parameter: string, value: unknown): PythonError {
  return new PythonError(
    "TypeError",
    `Parameter validation failed:\nInvalid type for parameter ${parameter}, value: ${textOf(value)}, type: <class '${typeName(value)}'>, valid types: <class 'str'>`,
  );
}
