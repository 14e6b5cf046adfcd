export { type Entry, enter, INVOCATIONS_MAX, type InvokedFunction } from "./enter.ts";
export { functionHash, type RecursiveLoop } from "./function-hash.ts";
export type { Lineage } from "./lineage.ts";
export { mostAdvanced } from "./most-advanced.ts";
export {
  formatTraceHeader,
  type OtherField,
  parseTraceHeader,
  type TraceHeader,
} from "./trace-header.ts";
