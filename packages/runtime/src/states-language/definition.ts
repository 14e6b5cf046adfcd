/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export type QueryLanguage = "JSONPath" | "JSONata";

/**
 * A state machine in the Amazon States Language, as its author wrote it and as {@link validate} let it pass. Where a
 * field may hold a JSONata expression in place of a number, it is a string. Source: states-language.net/spec.html and
 * the Step Functions developer guide, "Using Amazon States Language".
 */
export interface StateMachineDefinition extends StatesOf {
  readonly Comment?: string;
  readonly Version?: string;
  readonly QueryLanguage?: QueryLanguage;
  /** Of the whole execution. */
  readonly TimeoutSeconds?: number;
}

/** States, and where to begin: a state machine, a branch of a Parallel state, what a Map does with an item. */
export interface StatesOf {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export type StateType = State["Type"];

interface CommonFields {
  readonly Comment?: string;
  readonly QueryLanguage?: QueryLanguage;
  /** JSONPath: what of the input is used; null: `{}`. */
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  /** JSONata: the state's output. */
  readonly Output?: Json;
  /** Variables, by name: expressions of the state's query language. */
  readonly Assign?: JsonObject;
}

/** A state has `Next`, or is the last one. */
interface Transition {
  readonly Next?: string;
  readonly End?: boolean;
}

/** Where the result goes in the input (JSONPath). */
interface ResultFields {
  readonly ResultPath?: string | null;
}

interface WorkFields extends ResultFields {
  readonly ResultSelector?: JsonObject;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface TaskState extends CommonFields, Transition, WorkFields {
  readonly Type: "Task";
  /** An ARN: of a function, an activity, or of a service's action (`arn:aws:states:::sqs:sendMessage`). */
  readonly Resource: string;
  readonly Parameters?: Json;
  readonly Arguments?: Json;
  readonly TimeoutSeconds?: number | string;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: number | string;
  readonly HeartbeatSecondsPath?: string;
  readonly Credentials?: JsonObject;
}

export interface PassState extends CommonFields, Transition, ResultFields {
  readonly Type: "Pass";
  readonly Result?: Json;
  readonly Parameters?: Json;
}

export interface ChoiceState extends CommonFields {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

/** A rule at the top of a Choice. In JSONPath the test stands in its other fields, in JSONata in `Condition`. */
export type ChoiceRule = ChoiceTest & {
  readonly Next: string;
  readonly Comment?: string;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
};

export interface ChoiceTest {
  readonly Condition?: string | boolean;
  readonly And?: readonly ChoiceTest[];
  readonly Or?: readonly ChoiceTest[];
  readonly Not?: ChoiceTest;
  readonly Variable?: string;
  /** The comparison: `StringEquals`, `NumericLessThanPath`, `IsPresent`, … */
  readonly [comparison: string]: unknown;
}

export interface WaitState extends CommonFields, Transition {
  readonly Type: "Wait";
  readonly Seconds?: number | string;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}

export interface SucceedState extends CommonFields {
  readonly Type: "Succeed";
}

export interface FailState extends CommonFields {
  readonly Type: "Fail";
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

export interface ParallelState extends CommonFields, Transition, WorkFields {
  readonly Type: "Parallel";
  readonly Branches: readonly StatesOf[];
  readonly Parameters?: Json;
  readonly Arguments?: Json;
}

export interface MapState extends CommonFields, Transition, WorkFields {
  readonly Type: "Map";
  readonly ItemProcessor?: ItemProcessor;
  /** What `ItemProcessor` was called before 2022. */
  readonly Iterator?: StatesOf;
  readonly Items?: Json;
  readonly ItemsPath?: string;
  readonly ItemSelector?: Json;
  /** What `ItemSelector` was called before 2022. */
  readonly Parameters?: Json;
  readonly ItemReader?: ItemReader;
  readonly ItemBatcher?: ItemBatcher;
  readonly ResultWriter?: JsonObject;
  readonly Label?: string;
  readonly MaxConcurrency?: number | string;
  readonly MaxConcurrencyPath?: string;
  readonly ToleratedFailureCount?: number | string;
  readonly ToleratedFailureCountPath?: string;
  readonly ToleratedFailurePercentage?: number | string;
  readonly ToleratedFailurePercentagePath?: string;
}

export interface ItemProcessor extends StatesOf {
  readonly ProcessorConfig?: {
    readonly Mode?: "INLINE" | "DISTRIBUTED";
    readonly ExecutionType?: "STANDARD" | "EXPRESS";
  };
}

export interface ItemReader {
  readonly Resource: string;
  readonly Parameters?: Json;
  readonly Arguments?: Json;
  readonly ReaderConfig?: JsonObject;
}

export interface ItemBatcher {
  readonly MaxItemsPerBatch?: number | string;
  readonly MaxItemsPerBatchPath?: string;
  readonly MaxInputBytesPerBatch?: number | string;
  readonly MaxInputBytesPerBatchPath?: string;
  readonly BatchInput?: Json;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  /** Before the first retry; 1 by default. */
  readonly IntervalSeconds?: number;
  /** 3 by default; 0: never. */
  readonly MaxAttempts?: number;
  /** 2 by default. */
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
  readonly Comment?: string;
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly ResultPath?: string | null;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
  readonly Comment?: string;
}

/** The query language of a state. */
export function queryLanguageOf(
  definition: StateMachineDefinition,
  state: { readonly QueryLanguage?: QueryLanguage },
): QueryLanguage {
  return state.QueryLanguage ?? definition.QueryLanguage ?? "JSONPath";
}
