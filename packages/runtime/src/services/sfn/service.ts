import { defineService } from "../../service.ts";

/** Step Functions: state machines, and their executions. */
export const sfn = defineService({ name: "sfn", operations: {} });
