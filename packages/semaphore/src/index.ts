export { type EmfOptions, emfMetrics } from "./emf.ts";
export { AcquireTimeout, LeaseLost, SemaphoreError, SemaphoreMissing } from "./errors.ts";
export type { Logger, OnEvent, SemaphoreEvent } from "./events.ts";
export {
  acquireLock,
  createAcquireLock,
  createInitialize,
  createReap,
  createReleaseLock,
  type Environment,
  type Handler,
  type HandlerOptions,
  initialize,
  LockError,
  type LockErrorName,
  reap,
  releaseLock,
} from "./handlers/index.ts";
export type { Holder, Inspection, Waiter } from "./inspect.ts";
export type { Lease } from "./lease.ts";
export { Observer, type SemaphoreAddress } from "./observe.ts";
export { type AcquireOptions, Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export type { DynamoDBSender } from "./table.ts";
