export type { Hop } from "./chains/hop.ts";
export type { LoopingChain } from "./chains/looping-chain.ts";
export { VirtualClock } from "./clock/virtual.ts";
export { type Runtime, type RuntimeOptions, startRuntime } from "./runtime.ts";
export { DiskFull } from "./store/disk-full.ts";
