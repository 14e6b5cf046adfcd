import type { Activity } from "../clock/activity.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { ServiceError } from "../errors.ts";
import { Environment, type Surroundings } from "./environment.ts";
import type { Executor, FunctionSpec, Invocation, InvocationResult, LogSink } from "./function.ts";
import { Guardian } from "./guardian.ts";
import { Runtimes } from "./runtimes.ts";

/** How long an environment is kept that nothing is invoked in. AWS doesn't say; this is about what is seen there. */
const IDLE_MS_MAX = 10 * 60_000;

export interface ExecutorOptions {
  readonly clock: Clock;
  readonly activity: Activity;
  /** Where functions reach this cloud: their `AWS_ENDPOINT_URL`. */
  readonly endpoint: () => string;
  readonly log: LogSink;
}

/** Makes an executor. It starts nothing until the first invocation. */
export function createExecutor({ clock, activity, endpoint, log }: ExecutorOptions): Executor {
  const guardian = new Guardian();
  const surroundings = { clock, endpoint, log, guardian, runtimes: new Runtimes() };
  return new EnvironmentPool(activity, surroundings);
}

/** Environments by the key of their function's version, kept warm. */
class EnvironmentPool implements Executor {
  readonly #activity: Activity;
  readonly #around: Surroundings;
  /** Idle ones; the most recently used one is the last. */
  readonly #idle = new Map<string, Environment[]>();
  readonly #all = new Set<Environment>();
  readonly #ending = new Set<Promise<void>>();
  #sweep: Timer | undefined;
  #stopped = false;

  constructor(activity: Activity, around: Surroundings) {
    this.#activity = activity;
    this.#around = around;
  }

  invoke(spec: FunctionSpec, invocation: Invocation): Promise<InvocationResult> {
    // Real time passes while a function runs; a virtual clock waits for it.
    return this.#activity.track(this.#invoke(spec, invocation));
  }

  retire(key: string): void {
    for (const environment of this.#idle.get(key) ?? []) this.#end(environment);
    this.#idle.delete(key);
    for (const environment of this.#all)
      if (environment.spec.key === key) environment.retired = true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sweep?.cancel();
    this.#idle.clear();
    for (const environment of this.#all) this.#end(environment);
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await this.#around.guardian.stop();
  }

  async #invoke(spec: FunctionSpec, invocation: Invocation): Promise<InvocationResult> {
    if (this.#stopped)
      throw new ServiceError("ServiceUnavailable", "Flyball is stopping.", { httpStatus: 503 });
    const environment = this.#takeIdle(spec.key) ?? (await this.#create(spec));
    try {
      return await environment.invoke(invocation);
    } finally {
      this.#giveBack(environment);
    }
  }

  #takeIdle(key: string): Environment | undefined {
    const idle = this.#idle.get(key);
    for (let environment = idle?.pop(); environment; environment = idle?.pop()) {
      if (environment.alive) return environment;
      this.#end(environment);
    }
    return undefined;
  }

  async #create(spec: FunctionSpec): Promise<Environment> {
    const environment = new Environment(spec, this.#around);
    this.#all.add(environment);
    try {
      await environment.initialise();
      return environment;
    } catch (error) {
      this.#end(environment);
      throw error;
    }
  }

  #giveBack(environment: Environment): void {
    if (!environment.alive || environment.retired || this.#stopped) {
      this.#end(environment);
      return;
    }
    environment.idleSince = this.#around.clock.now();
    const { key } = environment.spec;
    const idle = this.#idle.get(key);
    if (idle) idle.push(environment);
    else this.#idle.set(key, [environment]);
    this.#sweep ??= this.#around.clock.setTimer(environment.idleSince + IDLE_MS_MAX, () =>
      this.#letIdleGo(),
    );
  }

  /** One timer for all: it looks again when the longest idle one that is left is due. */
  #letIdleGo(): void {
    this.#sweep = undefined;
    const now = this.#around.clock.now();
    let oldest = Number.POSITIVE_INFINITY;
    for (const [key, idle] of this.#idle) {
      const kept = idle.filter((environment) => environment.idleSince + IDLE_MS_MAX > now);
      for (const environment of idle) if (!kept.includes(environment)) this.#end(environment);
      if (kept.length === 0) this.#idle.delete(key);
      else this.#idle.set(key, kept);
      for (const { idleSince } of kept) oldest = Math.min(oldest, idleSince);
    }
    if (oldest < Number.POSITIVE_INFINITY)
      this.#sweep = this.#around.clock.setTimer(oldest + IDLE_MS_MAX, () => this.#letIdleGo());
  }

  #end(environment: Environment): void {
    if (!this.#all.delete(environment)) return;
    const ending = environment.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
