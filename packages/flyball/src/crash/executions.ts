import { ACCOUNT, REGION } from "./part.ts";

export const ACTIVITY = "by-hand";
/** The queue in which executions leave their task tokens. */
export const TOKENS = "tokens";

/** A state machine that is somewhere in the middle when the cloud is killed, and how its executions must end. */
export interface Kind {
  readonly definition: object;
  readonly input: unknown;
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT";
  /** Of those that succeed. */
  readonly output?: unknown;
  /** Of those that fail. */
  readonly error?: string;
  /** How many executions its distributed Map has. */
  readonly children?: number;
  /** No execution ends earlier after its start; ms. */
  readonly lastsMs: number;
}

/** Seconds of a wait: it is under way at the first kill. */
const WAIT_S = 3;

function chain(state: object): object {
  return { StartAt: "Only", States: { Only: { ...state, End: true } } };
}

function arnOf(service: "lambda" | "states", resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

function call(functionName: string): object {
  return { Type: "Task", Resource: arnOf("lambda", `function:${functionName}`) };
}

const item = {
  StartAt: "Rest",
  States: {
    Rest: { Type: "Wait", Seconds: 1, Next: "Double it" },
    "Double it": { ...call("double"), End: true },
  },
};

const asksForToken = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: {
    QueueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${TOKENS}`,
    MessageBody: { "token.$": "$$.Task.Token" },
  },
};

/** By the name of its state machine. */
export const KINDS: Readonly<Record<string, Kind>> = {
  waits: {
    definition: chain({ Type: "Wait", Seconds: WAIT_S }),
    input: { kept: true },
    status: "SUCCEEDED",
    output: { kept: true },
    lastsMs: WAIT_S * 1_000,
  },
  "has-a-task-under-way": {
    definition: chain(call("double")),
    input: 21,
    status: "SUCCEEDED",
    output: 42,
    lastsMs: 0,
  },
  "waits-for-a-token": {
    definition: chain(asksForToken),
    input: {},
    status: "SUCCEEDED",
    output: { answered: true },
    lastsMs: 0,
  },
  "waits-for-a-worker": {
    definition: chain({
      Type: "Task",
      Resource: arnOf("states", `activity:${ACTIVITY}`),
    }),
    input: {},
    status: "SUCCEEDED",
    output: { done: {} },
    lastsMs: 0,
  },
  "is-inside-a-Map": {
    definition: chain({ Type: "Map", MaxConcurrency: 2, ItemProcessor: item }),
    input: [1, 2, 3, 4],
    status: "SUCCEEDED",
    output: [2, 4, 6, 8],
    lastsMs: 2_000,
  },
  "is-inside-a-distributed-Map": {
    definition: chain({
      Type: "Map",
      MaxConcurrency: 2,
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        ...item,
      },
    }),
    input: [1, 2, 3, 4],
    status: "SUCCEEDED",
    output: [2, 4, 6, 8],
    children: 4,
    lastsMs: 2_000,
  },
  "is-inside-a-Parallel": {
    definition: chain({
      Type: "Parallel",
      Branches: [
        chain({ Type: "Wait", Seconds: WAIT_S }),
        chain(call("double")),
        chain(asksForToken),
      ].map((branch, place) => renamed(branch, `Branch ${place}`)),
    }),
    input: 4,
    status: "SUCCEEDED",
    output: [4, 8, { answered: true }],
    lastsMs: WAIT_S * 1_000,
  },
  "tries-again": {
    definition: chain({
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: {
        FunctionName: arnOf("lambda", "function:fails-twice"),
        Payload: { "retries.$": "$$.State.RetryCount" },
      },
      Retry: [{ ErrorEquals: ["Flaky"], IntervalSeconds: 2, BackoffRate: 1, MaxAttempts: 2 }],
      OutputPath: "$.Payload",
    }),
    input: {},
    status: "SUCCEEDED",
    output: "at last",
    lastsMs: 4_000,
  },
  fails: {
    definition: {
      StartAt: "Wait",
      States: {
        Wait: { Type: "Wait", Seconds: WAIT_S, Next: "Fail" },
        Fail: { Type: "Fail", Error: "AsItShould", Cause: "It does." },
      },
    },
    input: {},
    status: "FAILED",
    error: "AsItShould",
    lastsMs: WAIT_S * 1_000,
  },
  "hangs-until-its-time-is-over": {
    definition: { TimeoutSeconds: 5, ...chain({ Type: "Wait", Seconds: 3_600 }) },
    input: {},
    status: "TIMED_OUT",
    lastsMs: 5_000,
  },
  "waits-for-another": {
    definition: chain({
      Type: "Task",
      Resource: "arn:aws:states:::states:startExecution.sync:2",
      Parameters: {
        StateMachineArn: arnOf("states", "stateMachine:waits"),
        Input: { nested: true },
      },
      OutputPath: "$.Output",
    }),
    input: {},
    status: "SUCCEEDED",
    output: { nested: true },
    lastsMs: WAIT_S * 1_000,
  },
};

/** A machine has each name once. */
function renamed(branch: object, name: string): object {
  const { States } = branch as { readonly States: { readonly Only: object } };
  return { StartAt: name, States: { [name]: States.Only } };
}

/** What the machines call: each takes long enough to be under way at a kill. */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  double: `
    export async function handler(number) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return number * 2;
    }`,
  "fails-twice": `
    export async function handler({ retries }) {
      if (retries === 2) return "at last";
      throw Object.assign(new Error(retries + " of 2"), { name: "Flaky" });
    }`,
};
