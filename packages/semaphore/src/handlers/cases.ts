import type { Item } from "../item.ts";
import type { Environment } from "./event.ts";

/**
 * What the acquire step does, case by case: both the original function in Python and ours have to pass. What stands
 * here was seen of the original (`acquire_lock.py` with boto3 1.44); where ours differs on purpose, `original` says
 * what the original does.
 */
export interface Case {
  readonly name: string;
  /** The semaphore's item before; undefined where there is none. */
  readonly before: Item | undefined;
  readonly event: unknown;
  readonly environment?: Environment;
  /** As `PUT /_flyball/faults` takes them. */
  readonly faults?: readonly object[];
  readonly answer: Answer;
  /** The item after; as before when left out. */
  readonly after?: ItemAfter;
  readonly original?: {
    readonly because: string;
    readonly answer: Answer;
    readonly after?: ItemAfter;
  };
}

/** What a state machine sees: nothing, or an error by its name. */
export type Answer = "{}" | { readonly error: string; readonly message: string | RegExp };

/** An item whose `nextavailtime` may be told in seconds from when it was written. */
export type ItemAfter = Readonly<Record<string, Item[string] | { readonly secondsAhead: number }>>;

export const TABLE = "semaphores";
export const KEY_ATTRIBUTE = "LockName";
export const LOCK = "ocr";
export const EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:ocr:one";
export const OTHER_EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:ocr:two";
export const ENTERED = "2026-01-15T12:00:00.123Z";
const FAR_AHEAD = "99999999999";

export const EVENT = {
  ExecutionId: EXECUTION,
  StateEnteredTime: ENTERED,
  TableName: TABLE,
  LockIdAttribute: KEY_ATTRIBUTE,
  LockName: LOCK,
  PerItemConcurrency: 1,
  ConcurrencyLimit: 3,
  WarmupTpsLimit: 0,
};

/** A semaphore's item of which so many units are out. */
export function itemOf(count: number, more: Item = {}): Item {
  return {
    [KEY_ATTRIBUTE]: { S: LOCK },
    currentlockcount: { N: String(count) },
    nextavailtime: { N: "0" },
    ...more,
  };
}

const holder = { [EXECUTION]: { S: ENTERED } };
const free = itemOf(0);
const grantedOne = itemOf(1, holder);

const conditionFailed: Answer = {
  error: "Lambda_ConditionalCheckFailedException",
  message: calling("ConditionalCheckFailedException", "The conditional request failed"),
};
const itemMissing: Answer = {
  error: "Lambda_DynamoDBResourceNotFound",
  message: "Lock item does not exist",
};

/** The words of boto3 for an error of the service. */
function calling(code: string, message: string): string {
  return `An error occurred (${code}) when calling the UpdateItem operation: ${message}`;
}

function malformed(message: string): Answer {
  return { error: "MalformedRequest", message };
}

function typeError(message: string): Answer {
  return { error: "TypeError", message };
}

function other(message: string | RegExp): Answer {
  return { error: "Lambda_OtherDynamoDBError", message };
}

function refusedBy(message: string | RegExp): Answer {
  if (typeof message === "string") return other(calling("ValidationException", message));
  return other(message);
}

type EventKey = keyof typeof EVENT;

function without(...keys: EventKey[]): object {
  const left = Object.entries(EVENT).filter(([key]) => !keys.some((one) => one === key));
  return Object.fromEntries(left);
}

const DEFAULTS: Environment = {
  DEFAULT_DDB_TABLE_NAME: TABLE,
  DEFAULT_LOCK_ID_ATTRIBUTE: KEY_ATTRIBUTE,
  DEFAULT_LOCK_NAME: LOCK,
  DEFAULT_PER_ITEM_CONCURRENCY: "2",
  DEFAULT_CONCURRENCY_LIMIT: " 4 ",
  DEFAULT_WARMUP_TPS_LIMIT: "1_0.0",
};

const GRANTED: readonly Case[] = [
  { name: "granted", before: free, event: EVENT, answer: "{}", after: grantedOne },
  {
    name: "granted, the last unit",
    before: itemOf(2),
    event: EVENT,
    answer: "{}",
    after: itemOf(3, holder),
  },
  {
    name: "granted, several units at once, up to the limit",
    before: itemOf(1),
    event: { ...EVENT, PerItemConcurrency: 2 },
    answer: "{}",
    after: itemOf(3, holder),
  },
  {
    name: "granted beside another holder",
    before: itemOf(1, { [OTHER_EXECUTION]: { S: ENTERED } }),
    event: EVENT,
    answer: "{}",
    after: itemOf(2, { ...holder, [OTHER_EXECUTION]: { S: ENTERED } }),
  },
  {
    name: "granted, and the next not before its time",
    before: itemOf(0, { nextavailtime: { N: "1700000000.25" } }),
    event: { ...EVENT, WarmupTpsLimit: 4 },
    answer: "{}",
    after: { ...grantedOne, nextavailtime: { secondsAhead: 0.25 } },
  },
  {
    name: "granted by the environment's defaults",
    before: itemOf(2),
    event: { ExecutionId: EXECUTION, StateEnteredTime: ENTERED },
    environment: DEFAULTS,
    answer: "{}",
    after: { ...itemOf(4, holder), nextavailtime: { secondsAhead: 0.1 } },
  },
  {
    name: "granted by the event, whatever the environment says",
    before: free,
    event: EVENT,
    environment: DEFAULTS,
    answer: "{}",
    after: grantedOne,
  },
  {
    name: "granted one unit where nothing says how many",
    before: free,
    event: without("PerItemConcurrency", "WarmupTpsLimit"),
    answer: "{}",
    after: grantedOne,
  },
];

const REFUSED: readonly Case[] = [
  { name: "held already", before: itemOf(1, holder), event: EVENT, answer: conditionFailed },
  { name: "full", before: itemOf(3), event: EVENT, answer: conditionFailed },
  { name: "fuller than full", before: itemOf(7), event: EVENT, answer: conditionFailed },
  {
    name: "too early",
    before: itemOf(0, { nextavailtime: { N: FAR_AHEAD } }),
    event: EVENT,
    answer: conditionFailed,
  },
  {
    name: "full for several units, though not for one",
    before: itemOf(2),
    event: { ...EVENT, PerItemConcurrency: 2 },
    answer: conditionFailed,
    original: {
      because: "it compares the count before it adds, and goes past the limit",
      answer: "{}",
      after: itemOf(4, holder),
    },
  },
  {
    name: "more units than the limit",
    before: free,
    event: { ...EVENT, PerItemConcurrency: 4 },
    answer: conditionFailed,
    original: {
      because: "it compares the count before it adds, and goes past the limit",
      answer: "{}",
      after: itemOf(4, holder),
    },
  },
  {
    name: "no limit, which is a limit of 0",
    before: free,
    event: without("ConcurrencyLimit"),
    answer: conditionFailed,
  },
  { name: "the item is missing", before: undefined, event: EVENT, answer: itemMissing },
  {
    name: "the item of that name is missing",
    before: free,
    event: { ...EVENT, LockName: "else" },
    answer: itemMissing,
  },
  {
    name: "the item is no semaphore's",
    before: { [KEY_ATTRIBUTE]: { S: LOCK } },
    event: EVENT,
    answer: conditionFailed,
  },
  {
    name: "the table is missing",
    before: free,
    event: { ...EVENT, TableName: "absent" },
    answer: other(calling("ResourceNotFoundException", "Requested resource not found")),
  },
];

function faultCase(code: string, answer: string): Case {
  return {
    name: `DynamoDB answers ${code}`,
    before: free,
    event: EVENT,
    faults: [{ service: "dynamodb", operation: "UpdateItem", error: code, message: "a fault" }],
    answer: { error: answer, message: calling(code, "a fault") },
  };
}

const FAULTS: readonly Case[] = [
  faultCase("ProvisionedThroughputExceededException", "Lambda_DynamoDBThrottlingException"),
  faultCase("RequestLimitExceeded", "Lambda_DynamoDBThrottlingException"),
  faultCase("ThrottlingException", "Lambda_DynamoDBThrottlingException"),
  faultCase("InternalServerError", "Lambda_OtherDynamoDBError"),
  faultCase("AccessDeniedException", "Lambda_OtherDynamoDBError"),
  faultCase("ItemCollectionSizeLimitExceededException", "Lambda_OtherDynamoDBError"),
  faultCase("TransactionConflictException", "Lambda_OtherDynamoDBError"),
  {
    name: "full, and reads are throttled",
    before: itemOf(3),
    event: EVENT,
    faults: [{ service: "dynamodb", operation: "GetItem", error: "ThrottlingException" }],
    answer: conditionFailed,
    original: {
      because: "it takes a second look that fails for an item that is missing",
      answer: itemMissing,
    },
  },
];

/** One key of the event with another value. */
function given(key: EventKey, value: unknown, answer: Answer, after?: ItemAfter): Case {
  return {
    name: `${key}: ${JSON.stringify(value)}`,
    before: free,
    event: { ...EVENT, [key]: value },
    answer,
    ...(after && { after }),
  };
}

const FLOAT = other("Float types are not supported. Use Decimal types instead.");
const KEY_MISMATCH = refusedBy("The provided key element does not match the schema");
const FALSE_VALUES = [null, "", 0, false, [], {}];

/** boto3's words for what has to be a text. */
function notText(parameter: string, value: string, type: string): Answer {
  return other(
    `Parameter validation failed:\nInvalid type for parameter ${parameter}, value: ${value}, type: <class '${type}'>, valid types: <class 'str'>`,
  );
}

const REQUIRED: readonly Case[] = (["ExecutionId", "StateEnteredTime"] as const).map((key) => ({
  name: `no ${key}`,
  before: free,
  event: without(key),
  answer: malformed(`Input event missing required key ''${key}''`),
}));

const EXECUTION_IDS: readonly Case[] = [
  [null, "None", "NoneType"] as const,
  [0, "0", "int"] as const,
  [1.5, "1.5", "float"] as const,
  [true, "True", "bool"] as const,
  [["a", 1], "['a', 1]", "list"] as const,
  [{ a: null }, "{'a': None}", "dict"] as const,
]
  .map(([value, text, type]) =>
    given("ExecutionId", value, notText("ExpressionAttributeNames.#lockownerid", text, type)),
  )
  .concat(
    given(
      "ExecutionId",
      "",
      refusedBy(/ValidationException.*ExpressionAttributeNames contains invalid value/),
    ),
    // Two clauses for one attribute.
    given("ExecutionId", "currentlockcount", refusedBy(/ValidationException.*overlap/)),
  );

/** Whatever it is, it is stored. */
const STORED: readonly (readonly [unknown, Item[string]])[] = [
  ["", { S: "" }],
  ["noon", { S: "noon" }],
  [5, { N: "5" }],
  [null, { NULL: true }],
  [false, { BOOL: false }],
  [[1], { L: [{ N: "1" }] }],
  [{ a: "b" }, { M: { a: { S: "b" } } }],
];

const ENTERED_TIMES: readonly Case[] = [
  ...STORED.map(([value, stored]) =>
    given("StateEnteredTime", value, "{}", itemOf(1, { [EXECUTION]: stored })),
  ),
  given("StateEnteredTime", 1.5, FLOAT),
];

const NAMES = [
  ["TableName", "DEFAULT_DDB_TABLE_NAME"],
  ["LockIdAttribute", "DEFAULT_LOCK_ID_ATTRIBUTE"],
  ["LockName", "DEFAULT_LOCK_NAME"],
] as const;

const NAMELESS: readonly Case[] = NAMES.flatMap(([key, variable]) => {
  const answer = malformed(`Must provide either input key '${key}' or env var ${variable}`);
  return [
    { name: `no ${key}`, before: free, event: without(key), answer },
    ...FALSE_VALUES.map((value) => given(key, value, answer)),
    // A key that is there counts, even if nothing is in it.
    { ...given(key, null, answer), name: `${key}: null with a default`, environment: DEFAULTS },
  ];
});

const WRONG_NAMES: readonly Case[] = [
  given(
    "TableName",
    5,
    other(/Value \(ResourceArn\) is the wrong type|Invalid type for parameter/),
  ),
  given("TableName", "no such name", other(/ValidationException.*tableName/s)),
  given("LockIdAttribute", "Id", KEY_MISMATCH),
  given("LockIdAttribute", 5, notText("Key (key: 5)", "5", "int")),
  given("LockIdAttribute", true, notText("Key (key: True)", "True", "bool")),
  given("LockIdAttribute", [1], typeError("unhashable type: 'list'")),
  given("LockIdAttribute", { a: 1 }, typeError("unhashable type: 'dict'")),
  given("LockName", 5, KEY_MISMATCH),
  given("LockName", true, KEY_MISMATCH),
  given("LockName", ["ocr"], KEY_MISMATCH),
  given("LockName", 1.5, FLOAT),
];

function notAboveZero(text: string): Answer {
  return malformed(
    `Input key 'PerItemConcurrency' (or env var DEFAULT_PER_ITEM_CONCURRENCY) must be an integer greater than 0. Got '${text}`,
  );
}

function operand(expression: string, operator: string, type: string): Answer {
  return refusedBy(
    `Invalid ${expression}: Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );
}

const UNITS: readonly Case[] = [
  given("PerItemConcurrency", 0, notAboveZero("0")),
  given("PerItemConcurrency", -1, notAboveZero("-1")),
  given("PerItemConcurrency", -0.5, notAboveZero("-0.5")),
  given("PerItemConcurrency", null, notAboveZero("None")),
  given("PerItemConcurrency", false, notAboveZero("False")),
  given("PerItemConcurrency", "", notAboveZero("")),
  given("PerItemConcurrency", [], notAboveZero("[]")),
  given("PerItemConcurrency", {}, notAboveZero("{}")),
  given("PerItemConcurrency", 1.5, FLOAT),
  given("PerItemConcurrency", true, operand("UpdateExpression", "+", "BOOL")),
  given(
    "PerItemConcurrency",
    "2",
    typeError("'>' not supported between instances of 'str' and 'int'"),
  ),
  given(
    "PerItemConcurrency",
    [2],
    typeError("'>' not supported between instances of 'list' and 'int'"),
  ),
  given(
    "PerItemConcurrency",
    { units: 2 },
    typeError("'>' not supported between instances of 'dict' and 'int'"),
  ),
];

const LIMITS: readonly Case[] = [
  given("ConcurrencyLimit", 0, conditionFailed),
  given("ConcurrencyLimit", -1, conditionFailed),
  // A text is never above a number.
  given("ConcurrencyLimit", "3", conditionFailed),
  given("ConcurrencyLimit", 1.5, FLOAT),
  given("ConcurrencyLimit", null, operand("ConditionExpression", "<", "NULL")),
  given("ConcurrencyLimit", true, operand("ConditionExpression", "<", "BOOL")),
  given("ConcurrencyLimit", [3], operand("ConditionExpression", "<", "L")),
  given("ConcurrencyLimit", {}, operand("ConditionExpression", "<", "M")),
];

function notDivisor(type: string): Answer {
  return other(`unsupported operand type(s) for /: 'float' and '${type}'`);
}

const RATES: readonly Case[] = [
  ...FALSE_VALUES.map((value) => given("WarmupTpsLimit", value, "{}", grantedOne)),
  ...(
    [
      [0.5, 2],
      [true, 1],
      [-2, -0.5],
    ] as const
  ).map(([rate, secondsAhead]) =>
    given("WarmupTpsLimit", rate, "{}", { ...grantedOne, nextavailtime: { secondsAhead } }),
  ),
  given("WarmupTpsLimit", "5", notDivisor("str")),
  given("WarmupTpsLimit", [5], notDivisor("list")),
  given("WarmupTpsLimit", { a: 1 }, notDivisor("dict")),
];

/** What is no object at all. */
const EVENTS: readonly Case[] = [
  [null, "'NoneType' object is not subscriptable"] as const,
  [[], "list indices must be integers or slices, not str"] as const,
  ["ocr", "string indices must be integers, not 'str'"] as const,
  [5, "'int' object is not subscriptable"] as const,
  [true, "'bool' object is not subscriptable"] as const,
].map(([event, message]) => ({
  name: `the event ${JSON.stringify(event)}`,
  before: free,
  event,
  answer: typeError(message),
}));

function variable(name: string, value: string, message: string): Case {
  return {
    name: `${name}=${JSON.stringify(value)}`,
    before: free,
    event: EVENT,
    environment: { [name]: value },
    answer: { error: "ValueError", message },
  };
}

const VARIABLES: readonly Case[] = [
  variable("DEFAULT_CONCURRENCY_LIMIT", "many", "invalid literal for int() with base 10: 'many'"),
  variable("DEFAULT_PER_ITEM_CONCURRENCY", "1.0", "invalid literal for int() with base 10: '1.0'"),
  variable("DEFAULT_WARMUP_TPS_LIMIT", "fast", "could not convert string to float: 'fast'"),
];

export const cases: readonly Case[] = [
  ...GRANTED,
  ...REFUSED,
  ...FAULTS,
  ...EVENTS,
  ...REQUIRED,
  ...EXECUTION_IDS,
  ...ENTERED_TIMES,
  ...NAMELESS,
  ...WRONG_NAMES,
  ...UNITS,
  ...LIMITS,
  ...RATES,
  ...VARIABLES,
];
