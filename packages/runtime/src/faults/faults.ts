import { type Clock, sleepUntil } from "../clock/clock.ts";
import { ServiceError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Fault } from "./fault.ts";

const FAULTS = ["faults"] as const;

/** How deep into an input a resource is looked for: the tables of a transaction stand three deep. */
const RESOURCE_DEPTH_MAX = 4;

interface Armed {
  readonly fault: Fault;
  /** The share that is still owed: it befalls a call whenever this reaches 1. */
  due: number;
}

/**
 * The faults that are set, in the store, so that they outlive a restart. A share is dealt out evenly and not by
 * chance (of four calls at 0.25, each fourth), so that a test is the same every run.
 */
export class Faults {
  readonly #store: Store;
  readonly #clock: Clock;
  #armed: Armed[];

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#armed = arm(store.read((tx) => tx.get<Fault[]>(FAULTS)) ?? []);
  }

  list(): Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  /** Sets these faults in place of all that were set before. */
  async replace(faults: readonly Fault[]): Promise<void> {
    await this.#store.write((tx) => tx.put(FAULTS, faults));
    this.#armed = arm(faults);
  }

  /** Whether any call could be befallen: the door asks this first, since mostly there is none. */
  get any(): boolean {
    return this.#armed.length > 0;
  }

  /** Waits, or throws the service's error, as the faults that befall this call say. */
  async befall(
    service: string,
    operation: string,
    input: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.service !== service) continue;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (fault.resource !== undefined && !names(input, fault.resource)) continue;
      if (!isTurn(armed)) continue;
      if (fault.delayMs !== undefined)
        await sleepUntil(this.#clock, this.#clock.now() + fault.delayMs, signal);
      if (fault.error !== undefined) throw errorOf(fault, operation);
    }
  }
}

function arm(faults: readonly Fault[]): Armed[] {
  return faults.map((fault) => ({ fault, due: 0 }));
}

function isTurn(armed: Armed): boolean {
  armed.due += armed.fault.share ?? 1;
  // Shares such as 0.1 do not add up to 1 exactly in binary.
  if (armed.due < 1 - 1e-9) return false;
  armed.due -= 1;
  return true;
}

/** Whether a resource stands in an input: whole, or as the last part of an ARN or URL. */
function names(input: unknown, resource: string, depth = 0): boolean {
  if (typeof input === "string")
    return input === resource || input.endsWith(`/${resource}`) || input.endsWith(`:${resource}`);
  if (typeof input !== "object" || input === null || depth >= RESOURCE_DEPTH_MAX) return false;
  if (input instanceof Uint8Array || input instanceof Date) return false;
  return Object.entries(input).some(
    // The tables of a batch are the keys of a map.
    ([key, value]) => key === resource || names(value, resource, depth + 1),
  );
}

function errorOf({ error = "", message, httpStatus }: Fault, operation: string): ServiceError {
  const status = httpStatus ?? (error.startsWith("Internal") ? 500 : undefined);
  return new ServiceError(error, message ?? `${error} for ${operation}: a fault that was set.`, {
    ...(status === undefined ? {} : { httpStatus: status }),
  });
}
