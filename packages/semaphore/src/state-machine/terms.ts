/** Which semaphore a state machine uses, and how. */
export interface StateMachineTerms {
  /** The DynamoDB table. */
  readonly table: string;
  /** The table's partition key; `LockName` by default. */
  readonly keyAttribute?: string;
  /** The semaphore. */
  readonly name: string;
  /** Units that may be out at once. */
  readonly limit: number;
  /** Units of each execution; 1 by default. All state machines on one semaphore give the same. */
  readonly units?: number;
  /** Any fraction; left out, starts have no rate. */
  readonly startsPerSecond?: number;
}

/** How executions come to their units. */
export type Variant =
  | {
      /** Ours, by default: leases, start times and a line, in JSONata and with DynamoDB alone. For Standard workflows. */
      readonly variant?: "leased";
      /** Seconds after which Step Functions ends the execution: the machine's `TimeoutSeconds`. Its lease ends then. */
      readonly timeoutSeconds: number;
    }
  | {
      /** As the AWS samples have it, in JSONPath, polling; to be read and replaced. */
      readonly variant: "original";
      /** The ARN of the function that acquires: the sample's, or `acquireLock` of this library. */
      readonly acquireLock: string;
    };

export type SemaphoreStates = StateMachineTerms & Variant;

/** Terms with all that was left out. */
export interface Terms {
  readonly table: string;
  readonly keyAttribute: string;
  readonly name: string;
  readonly limit: number;
  readonly units: number;
  /** Seconds between two starts; 0 where starts have no rate. */
  readonly startGap: number;
}

/** Throws a `RangeError` for what can never be granted. */
export function readTerms(given: StateMachineTerms): Terms {
  const { table, keyAttribute = "LockName", name, limit, units = 1, startsPerSecond } = given;
  if (!Number.isSafeInteger(units) || units < 1)
    throw new RangeError(`An execution takes 1 unit or more, not ${units}.`);
  if (!Number.isSafeInteger(limit) || limit < units)
    throw new RangeError(`The limit is ${limit}: an execution's ${units} would never be free.`);
  if (startsPerSecond !== undefined && !(startsPerSecond > 0 && Number.isFinite(startsPerSecond)))
    throw new RangeError(`startsPerSecond is ${startsPerSecond}: more than 0, or left out.`);
  const startGap = startsPerSecond === undefined ? 0 : 1 / startsPerSecond;
  return { table, keyAttribute, name, limit, units, startGap };
}

/** Throws a `RangeError` for what is no number of seconds. */
export function timeoutOf(timeoutSeconds: number): number {
  if (Number.isSafeInteger(timeoutSeconds) && timeoutSeconds > 0) return timeoutSeconds;
  throw new RangeError(
    `timeoutSeconds is ${timeoutSeconds}: a whole number of seconds, 1 or more.`,
  );
}
