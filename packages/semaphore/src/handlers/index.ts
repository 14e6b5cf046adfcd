export { acquireLock, createAcquireLock } from "./acquire.ts";
export { LockError, type LockErrorName } from "./errors.ts";
export type { Environment } from "./event.ts";
export type { Handler, HandlerOptions } from "./handler.ts";
export { createInitialize, initialize } from "./initialize.ts";
export { createReap, reap } from "./reap.ts";
export { createReleaseLock, releaseLock } from "./release.ts";
