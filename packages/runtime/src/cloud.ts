import { randomUUID } from "node:crypto";
import { type Call, type Caller, CallUnderWay, type SignalSource } from "./call.ts";
import { Chains } from "./chains/chains.ts";
import { leavesCoverage } from "./chains/coverage.ts";
import { Activity } from "./clock/activity.ts";
import type { Clock } from "./clock/clock.ts";
import { SystemClock } from "./clock/system.ts";
import { VirtualClock } from "./clock/virtual.ts";
import { ServiceError } from "./errors.ts";
import { Faults } from "./faults/faults.ts";
import { Metrics } from "./metrics.ts";
import { Notices } from "./notices.ts";
import { OwedWork } from "./owed.ts";
import type { InputOf, OperationName, OutputOf, ServiceName } from "./sdk.ts";
import type { AnyServiceDefinition, EndedCall, Operation } from "./service.ts";
import { openStore, type Store } from "./store/store.ts";
import { Wakes } from "./wakes.ts";

export interface CloudOptions {
  readonly services: readonly AnyServiceDefinition[];
  /** Where the state lies; undefined keeps nothing. */
  readonly directory?: string;
  /** "system" by default. */
  readonly clock?: "system" | "virtual";
  /** Where a virtual clock starts, in milliseconds since 1970; the system's time by default. */
  readonly startTime?: number;
  /** Where clients reach the cloud, without a slash at the end. */
  readonly endpoint?: string;
  readonly notices?: Notices;
  /** Stops loops that AWS would not stop, too: those through services that its loop detection does not cover. */
  readonly stopUncoveredLoops?: boolean;
}

export interface CallOptions {
  readonly requestId?: string;
  readonly signal?: SignalSource;
}

/**
 * The cloud, and its one door. Whatever happens is a call: a service, an operation, an input and a caller; an SDK's
 * request from outside as well as a queue's poller, a topic's delivery or an alarm's action from inside. What has to
 * hold for every call is done here, once.
 */
export class Cloud {
  readonly activity = new Activity();
  readonly notices: Notices;
  readonly clock: Clock;
  readonly store: Store;
  readonly wakes: Wakes;
  readonly owed: OwedWork;
  readonly metrics: Metrics;
  readonly chains: Chains;
  readonly faults: Faults;
  /** Where clients reach this cloud, without a slash at the end: queue URLs begin with it. */
  readonly endpoint: string;

  readonly #services = new Map<string, AnyServiceDefinition>();
  readonly #derived = new Map<unknown, unknown>();
  readonly #stopping = new AbortController();
  readonly #stops: (() => Promise<void> | void)[] = [];

  constructor({
    services,
    directory,
    clock = "system",
    startTime,
    endpoint = "http://127.0.0.1:4566",
    notices = new Notices(),
    stopUncoveredLoops = false,
  }: CloudOptions) {
    this.endpoint = endpoint;
    this.notices = notices;
    this.clock =
      clock === "system"
        ? new SystemClock()
        : new VirtualClock(this.activity, startTime ?? new SystemClock().now());
    this.store = openStore({
      activity: this.activity,
      ...(directory === undefined ? {} : { directory }),
    });
    this.wakes = new Wakes(this.clock);
    this.owed = new OwedWork(this, this.store, this.clock);
    this.metrics = new Metrics(this);
    this.chains = new Chains(this, { stopsUncovered: stopUncoveredLoops });
    this.faults = new Faults(this.store, this.clock);
    for (const service of services) {
      this.#services.set(service.name, service);
      for (const [kind, handler] of Object.entries(service.owed ?? {}))
        this.owed.handle(kind, handler);
    }
    for (const service of services) {
      const stop = service.start?.(this);
      if (stop) this.#stops.push(stop);
    }
    this.owed.start();
  }

  /** Aborts when the cloud stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  serviceNames(): string[] {
    return [...this.#services.keys()];
  }

  /**
   * The one door. Rejects with a {@link ServiceError} that has AWS's code and message; with `NotImplemented` (501)
   * where Flyball does not have the service or the operation.
   */
  async call<S extends ServiceName, O extends OperationName<S>>(
    caller: Caller,
    service: S,
    operation: O,
    input: InputOf<S, O>,
    { requestId = randomUUID(), signal = this.stopping }: CallOptions = {},
  ): Promise<OutputOf<S, O>> {
    const definition = this.#services.get(service);
    const operations = definition?.operations as
      | Record<string, Operation<unknown, unknown>>
      | undefined;
    const run = operations?.[operation];
    if (!definition || !run) throw notImplemented(service, operation);
    const onward = leavesCoverage(caller) ? await this.chains.onward(caller, service) : caller;
    const call = new CallUnderWay(this, onward, requestId, signal);
    // The table is typed by operation where a service defines it; a computed name loses that type, not its truth.
    const under = () => this.#run(definition, run, call, operation, input);
    return (await (definition.ended
      ? told(definition.ended, call, operation, input, under)
      : under())) as OutputOf<S, O>;
  }

  async #run(
    definition: AnyServiceDefinition,
    run: Operation<unknown, unknown>,
    call: Call,
    operation: string,
    input: unknown,
  ): Promise<unknown> {
    const { caller } = call;
    if (this.faults.any) await this.faults.befall(definition.name, operation, input, call.signal);
    const carries = definition.carries as
      | Record<string, (caller: Caller, input: unknown) => string | readonly string[]>
      | undefined;
    const takenInBy = carries?.[operation];
    if (takenInBy && caller.traceHeader !== undefined)
      for (const arn of [takenInBy(caller, input)].flat())
        this.chains.carried(caller, arn, `${definition.name}:${operation}`);
    return run(call, input);
  }

  /**
   * What a service derives from the store and keeps in memory for this cloud: waiters, pools, indexes. Made at first
   * use; never the only place where something is known.
   */
  derived<T>(make: (cloud: Cloud) => T): T {
    if (!this.#derived.has(make)) this.#derived.set(make, make(this));
    return this.#derived.get(make) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Stops what runs, in the reverse order of its starting, and closes the store. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort(
      new ServiceError("ServiceUnavailable", "Flyball is stopping.", { httpStatus: 503 }),
    );
    this.owed.stop();
    for (const stop of this.#stops.reverse()) await stop();
    await this.metrics.flush().catch(() => {});
    await this.store.close();
  }
}

/** Runs a call, and tells the service how it ended. */
async function told(
  ended: NonNullable<AnyServiceDefinition["ended"]>,
  call: Call,
  operation: string,
  input: unknown,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const begun = performance.now();
  let outcome: EndedCall["outcome"] | undefined;
  try {
    const output = await run();
    outcome = { output };
    return output;
  } catch (error) {
    outcome = { error };
    throw error;
  } finally {
    // One of both has set it.
    ended(call, { operation, input, outcome: outcome!, tookMs: performance.now() - begun });
  }
}

function notImplemented(service: string, operation: string): ServiceError {
  return new ServiceError(
    "NotImplemented",
    `Flyball does not implement ${operation} of ${service}.`,
    { httpStatus: 501 },
  );
}
