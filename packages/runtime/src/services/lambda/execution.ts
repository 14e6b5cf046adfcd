import type { Cloud } from "../../cloud.ts";
import type {
  Executor,
  FunctionSpec,
  Invocation,
  InvocationResult,
  LogSink,
} from "../../functions/function.ts";
import type { World } from "../../world.ts";
import type { ThrottleReason } from "./errors.ts";
import { LogShipper } from "./log.ts";
import { type FunctionRecord, keys } from "./record.ts";

/** Makes what runs functions; a test gives one of its own. */
export type MakeExecutor = (cloud: Cloud, log: LogSink) => Executor;

/** Executions that an account has at one time in a Region (Lambda quotas). */
export const ACCOUNT_CONCURRENCY = 1_000;

export type Slot = { readonly taken: true; release(): void } | Refusal;
interface Refusal {
  readonly taken: false;
  readonly reason: ThrottleReason;
}

/** The executions under way: who may have one more, and who runs it. */
export class Execution {
  readonly #cloud: Cloud;
  readonly #logs: LogShipper;
  readonly #running = new Map<string, number>();
  readonly #runningUnreserved = new Map<string, number>();
  readonly #reserved = new Map<string, number>();
  #make: MakeExecutor | undefined;
  #executor: Executor | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#logs = new LogShipper(cloud);
  }

  use(make: MakeExecutor): void {
    this.#make = make;
  }

  run(spec: FunctionSpec, invocation: Invocation): Promise<InvocationResult> {
    if (!this.#executor) {
      if (!this.#make) throw new Error("there is nothing here that runs functions");
      this.#executor = this.#make(this.#cloud, this.#logs.sink);
    }
    return this.#executor.invoke(spec, invocation);
  }

  retire(key: string): void {
    this.#executor?.retire(key);
  }

  async stop(): Promise<void> {
    await this.#executor?.stop();
    await this.#logs.flush();
  }

  /** How many executions of a function are under way. */
  running(world: World, name: string): number {
    return this.#running.get(`${world.account} ${world.region} ${name}`) ?? 0;
  }

  /**
   * One more execution of a function: out of what is reserved for it, or of what is left to all that have reserved
   * nothing.
   */
  take(world: World, name: string, reserved: number | undefined): Slot {
    const place = `${world.account} ${world.region}`;
    const own = `${place} ${name}`;
    const running = this.#running.get(own) ?? 0;
    if (reserved !== undefined && running >= reserved)
      return { taken: false, reason: "ReservedFunctionConcurrentInvocationLimitExceeded" };
    const unreserved = this.#runningUnreserved.get(place) ?? 0;
    if (reserved === undefined && unreserved >= ACCOUNT_CONCURRENCY - this.reservedTotal(world))
      return { taken: false, reason: "ConcurrentInvocationLimitExceeded" };
    this.#running.set(own, running + 1);
    if (reserved === undefined) this.#runningUnreserved.set(place, unreserved + 1);
    return {
      taken: true,
      release: () => {
        lower(this.#running, own);
        if (reserved === undefined) lower(this.#runningUnreserved, place);
      },
    };
  }

  /** What the functions of an account and Region have reserved together. */
  reservedTotal(world: World): number {
    const place = `${world.account} ${world.region}`;
    let total = this.#reserved.get(place);
    if (total === undefined) {
      total = this.#cloud.store.read((tx) => {
        let sum = 0;
        for (const { value } of tx.range<FunctionRecord>({ prefix: keys.functions(world) }))
          sum += value.reservedConcurrentExecutions ?? 0;
        return sum;
      });
      this.#reserved.set(place, total);
    }
    return total;
  }

  /** Something that is reserved has changed. */
  forgetReserved({ account, region }: World): void {
    this.#reserved.delete(`${account} ${region}`);
  }
}

export function executionOf(cloud: Cloud): Execution {
  return cloud.derived(makeExecution);
}

function makeExecution(cloud: Cloud): Execution {
  return new Execution(cloud);
}

function lower(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
