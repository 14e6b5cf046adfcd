import { defineService } from "../../service.ts";

/** EventBridge Pipes: from a source through a filter and an enrichment to a target. */
export const pipes = defineService({ name: "pipes", operations: {} });
