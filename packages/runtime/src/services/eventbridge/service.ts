import { defineService } from "../../service.ts";

/** EventBridge: buses, their rules, and what those owe their targets. */
export const eventbridge = defineService({ name: "eventbridge", operations: {} });
