/** What went wrong with a semaphore, so that a program can tell it from what went wrong in its own work. */
export class SemaphoreError extends Error {
  override readonly name: string = "SemaphoreError";
}

/** No lease within `timeoutMs`. Nothing is held. */
export class AcquireTimeout extends SemaphoreError {
  override readonly name = "AcquireTimeout";
  /** Milliseconds. */
  readonly waitedMs: number;

  constructor(semaphore: string, units: number, waitedMs: number) {
    super(
      `No ${units === 1 ? "unit" : `${units} units`} of semaphore "${semaphore}" within ${Math.round(waitedMs)} ms.`,
    );
    this.waitedMs = waitedMs;
  }
}

/**
 * The lease's owner could not renew it in time, so others may hold its units by now. It is the reason with which
 * `lease.signal` aborts.
 */
export class LeaseLost extends SemaphoreError {
  override readonly name = "LeaseLost";
  readonly token: number;

  constructor(semaphore: string, token: number, why: string) {
    super(`Lease ${token} of semaphore "${semaphore}" is lost: ${why}`);
    this.token = token;
  }
}

/** The item does not exist, and `create` is off. */
export class SemaphoreMissing extends SemaphoreError {
  override readonly name = "SemaphoreMissing";

  constructor(semaphore: string, table: string) {
    super(
      `Table "${table}" has no semaphore "${semaphore}". Create it with initialize(), or leave \`create\` on.`,
    );
  }
}
