import type { KeyPart } from "../../store/store.ts";
import type { World } from "../../world.ts";

/** The key of something of this service in one world. */
export function keyIn({ account, region }: World, ...rest: KeyPart[]): KeyPart[] {
  return ["scheduler", account, region, ...rest];
}

/** Who the service is when it calls a schedule's target. */
export const SCHEDULER_PRINCIPAL = "scheduler.amazonaws.com";
