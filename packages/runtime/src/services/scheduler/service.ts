import { defineService } from "../../service.ts";

/** EventBridge Scheduler: schedules, and the calls that they make when their time comes. */
export const scheduler = defineService({ name: "scheduler", operations: {} });
