export { getLock, releaseLock } from "./lock.ts";
export { type Reaper, type ReaperOptions, reaper } from "./reaper.ts";
export type { After, State, StateMachineDefinition, States } from "./states.ts";
export type { SemaphoreStates, StateMachineTerms, Variant } from "./terms.ts";
export { withSemaphore } from "./with-semaphore.ts";
