import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock/clock.ts";
import type { FunctionSpec, Invocation, InvocationResult, LogSink } from "./function.ts";
import type { Guardian } from "./guardian.ts";
import { LogTail, platformLines, type Status } from "./invocation-log.ts";
import { Mailbox } from "./mailbox.ts";
import { RuntimeApi, type RuntimeEvent } from "./runtime-api.ts";
import { type ProcessListeners, RuntimeProcess } from "./runtime-process.ts";
import { runtimeVersionArn } from "./runtime-version.ts";
import {
  InvalidEntrypoint,
  type RuntimeCommand,
  type Runtimes,
  runtimeVersion,
} from "./runtimes.ts";
import { environmentVariables } from "./variables.ts";

/** AWS Lambda developer guide, "Lambda execution environment lifecycle": the init phase is limited to 10 seconds. */
const INIT_MS_MAX = 10_000;

export interface Surroundings {
  readonly clock: Clock;
  readonly endpoint: () => string;
  readonly log: LogSink;
  readonly guardian: Guardian;
  readonly runtimes: Runtimes;
}

type Event =
  | RuntimeEvent
  | { readonly kind: "exit"; readonly reason: string | undefined; readonly neverStarted: boolean };

/** How an invocation or an initialisation ended that did not end well. */
interface Failure {
  readonly status: Status;
  readonly document: (requestId: string) => Uint8Array;
  /** What the platform says of it in the log, where the runtime cannot have said it itself. */
  readonly line?: (requestId: string) => string;
}

interface Answer {
  readonly payload: Uint8Array;
  readonly failed: boolean;
  readonly status: Status;
}

/**
 * One execution environment: a process, its Runtime API, its log stream. It runs one invocation at a time.
 *
 * Its deadlines are real time, whatever the cloud's clock: what a function does takes as long as it takes, and the
 * function compares the deadline with its own clock.
 */
export class Environment {
  readonly spec: FunctionSpec;
  readonly logStreamName: string;
  /** Set from outside: no more invocations once the current one is done. */
  retired = false;
  /** When it last became idle, by the cloud's clock. */
  idleSince = 0;
  readonly #around: Surroundings;
  readonly #tail = new LogTail();
  readonly #events = new Mailbox<Event>();
  #process: RuntimeProcess | undefined;
  #api: RuntimeApi | undefined;
  #initDurationMs: number | undefined;
  #initFailed = false;
  #alive = false;
  #ended = false;

  constructor(spec: FunctionSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
    const [date] = new Date(around.clock.now()).toISOString().split("T");
    this.logStreamName = `${date?.replaceAll("-", "/")}/[${spec.version}]${randomBytes(16).toString("hex")}`;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /**
   * The init phase. One that fails is tried again in the first invocation, as on AWS.
   * @throws ServiceError InvalidRuntimeException
   */
  async initialise(): Promise<void> {
    const { spec } = this;
    const arn = runtimeVersionArn(spec.region, spec.runtime);
    this.#write([platformLines.initStart(runtimeVersion(spec.runtime), arn)]);
    this.#tail.take();
    const { failure, tookMs } = await this.#start(INIT_MS_MAX);
    this.#initDurationMs = tookMs;
    if (!failure) return;
    this.#initFailed = true;
    this.#write([platformLines.initReport(this.#initDurationMs, "init", failure.status)]);
  }

  /** Runs one invocation. What the function fails in is a result. */
  async invoke(invocation: Invocation): Promise<InvocationResult> {
    const { requestId } = invocation;
    const budgetMs = this.spec.timeoutSeconds * 1000;
    const startedAt = performance.now();
    const initDurationMs = this.#initDurationMs;
    this.#initDurationMs = undefined;
    let failure: Failure | undefined;
    if (this.#initFailed) {
      const retried = await this.#start(budgetMs);
      failure = retried.failure;
      if (failure)
        this.#write([platformLines.initReport(retried.tookMs, "invoke", failure.status)]);
    }
    this.#write([platformLines.start(requestId, this.spec.version)]);
    const answer = failure
      ? this.#fail(failure, requestId)
      : await this.#answer(invocation, startedAt, budgetMs);
    const timedOut = answer.status.kind === "timeout";
    const durationMs = timedOut ? budgetMs : performance.now() - startedAt;
    // An initialisation that failed is part of the invocation's own duration.
    const reportedInitMs = this.#initFailed ? undefined : initDurationMs;
    this.#initFailed = false;
    this.#write([
      ...(timedOut
        ? [platformLines.timedOut(new Date(), requestId, this.spec.timeoutSeconds)]
        : []),
      platformLines.end(requestId),
      platformLines.report({
        requestId,
        durationMs,
        initDurationMs: reportedInitMs,
        memorySizeMegabytes: this.spec.memorySizeMegabytes,
        memoryUsedMegabytes: this.#process?.memoryUsedMegabytes() ?? 0,
        status: answer.status,
      }),
    ]);
    return {
      payload: answer.payload,
      logTail: this.#tail.take(),
      durationMs,
      ...(answer.failed ? { functionError: "Unhandled" as const } : {}),
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
    };
  }

  /** Ends the process and all that it started. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#stopProcess();
    await this.#process?.gone;
  }

  /** Starts a process and waits until its runtime asks for the first invocation. */
  async #start(limitMs: number): Promise<{ failure?: Failure; tookMs: number }> {
    this.#events.clear();
    const api = new RuntimeApi((event) => {
      if (this.#api === api) this.#events.put(event);
    });
    this.#api = api;
    try {
      const command = await this.#around.runtimes.commandFor(this.spec);
      const runtimeApi = await api.listen();
      // Finding an interpreter takes time once, and is no part of the function's initialisation.
      const startedAt = performance.now();
      if (!this.#ended) this.#launch(command, runtimeApi, api);
      const event = this.#ended ? STOPPED : await this.#events.take(limitMs);
      const tookMs = performance.now() - startedAt;
      if (event?.kind === "ready") return { tookMs };
      await this.#settleOutput();
      this.#stopProcess();
      return { failure: initFailure(event, this.spec.timeoutSeconds), tookMs };
    } catch (error) {
      api.close();
      if (error instanceof InvalidEntrypoint)
        return { failure: invalidEntrypoint(error.message), tookMs: 0 };
      throw error;
    }
  }

  #launch(command: RuntimeCommand, runtimeApi: string, api: RuntimeApi): void {
    const { spec, logStreamName } = this;
    const variables = {
      ...environmentVariables(spec, {
        logStreamName,
        runtimeApi,
        runtimeDirectory: command.directory,
        endpoint: this.#around.endpoint(),
      }),
      ...command.variables,
    };
    const listeners: ProcessListeners = {
      logged: (messages) => this.#write(messages),
      exited: (reason) => {
        if (this.#process !== launched) return;
        this.#alive = false;
        this.#events.put({ kind: "exit", reason, neverStarted: launched.neverStarted });
        api.close();
      },
    };
    const launched = new RuntimeProcess(
      command,
      spec.codeDirectory,
      variables,
      this.#around.guardian,
      listeners,
    );
    this.#process = launched;
    this.#alive = true;
    if (launched.pipe) api.attach(launched.pipe);
  }

  /** Hands the invocation over and waits until the runtime is done with it, which is when it asks for the next one. */
  async #answer(invocation: Invocation, startedAt: number, budgetMs: number): Promise<Answer> {
    const { requestId } = invocation;
    const remaining = () => budgetMs - (performance.now() - startedAt);
    this.#api?.deliver({ ...invocation, deadline: Date.now() + remaining() });
    let answer: Answer | undefined;
    for (;;) {
      const event = await this.#events.take(Math.max(0, remaining()));
      if (event?.kind === "ready" && answer) {
        await this.#settleOutput();
        return answer;
      }
      if (event === undefined || event.kind === "exit") {
        await this.#settleOutput();
        this.#stopProcess();
        return (
          answer ??
          this.#fail(event ? exited(event.reason) : timedOut(this.spec.timeoutSeconds), requestId)
        );
      }
      answer ??= answerOf(event);
    }
  }

  /**
   * What a process wrote before it answered lies in its pipes when the answer does; the event loop reads both in the
   * same turn, so that after that turn all of it is in the log.
   */
  async #settleOutput(): Promise<void> {
    await setImmediate();
    this.#process?.flushOutput();
  }

  #stopProcess(): void {
    this.#alive = false;
    this.#process?.kill();
    this.#process?.close();
    this.#api?.close();
  }

  #fail(failure: Failure, requestId: string): Answer {
    if (failure.line) this.#write([failure.line(requestId)]);
    return { payload: failure.document(requestId), failed: true, status: failure.status };
  }

  #write(messages: readonly string[]): void {
    this.#tail.add(messages);
    const timestamp = this.#around.clock.now();
    this.#around.log(
      this.spec,
      this.logStreamName,
      messages.map((message) => ({ timestamp, message })),
    );
  }
}

const STOPPED: Event = { kind: "exit", reason: undefined, neverStarted: false };
const SUCCESS: Status = { kind: "success" };

function answerOf(event: RuntimeEvent): Answer | undefined {
  switch (event.kind) {
    case "response":
      return { payload: event.payload, failed: false, status: SUCCESS };
    case "error":
      return { payload: event.document, failed: true, status: SUCCESS };
    case "oversized": {
      const errorType = "Function.ResponseSizeTooLarge";
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${event.bytesMax} bytes).`;
      return {
        payload: asJson({ errorType, errorMessage }),
        failed: true,
        status: { kind: "error", errorType },
      };
    }
    case "ready":
    case "initError":
      return undefined;
  }
}

function initFailure(event: Event | undefined, timeoutSeconds: number): Failure {
  if (event === undefined) return timedOut(timeoutSeconds);
  if (event.kind === "initError") {
    const errorType = event.errorType ?? "Runtime.Unknown";
    return { status: { kind: "error", errorType }, document: () => event.document };
  }
  if (event.kind === "exit" && event.neverStarted) return invalidEntrypoint(event.reason ?? "");
  return exited(event.kind === "exit" ? event.reason : undefined);
}

/** Form of 2024 and later; before, the message was the log's line. */
function timedOut(timeoutSeconds: number): Failure {
  return {
    status: { kind: "timeout" },
    document: (requestId) =>
      asJson({
        errorType: "Sandbox.Timedout",
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
      }),
  };
}

function exited(reason: string | undefined): Failure {
  const what =
    reason === undefined
      ? "Runtime exited without providing a reason"
      : `Runtime exited with error: ${reason}`;
  return platformFailure("Runtime.ExitError", what);
}

const invalidEntrypoint = (what: string) => platformFailure("Runtime.InvalidEntrypoint", what);

function platformFailure(errorType: string, what: string): Failure {
  const message = (requestId: string) => `RequestId: ${requestId} Error: ${what}`;
  return {
    status: { kind: "error", errorType },
    document: (requestId) => asJson({ errorType, errorMessage: message(requestId) }),
    line: (requestId) => `${message(requestId)}\n${errorType}\n`,
  };
}

function asJson(document: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}
