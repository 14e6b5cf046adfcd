import type { KeyPart } from "../../store/store.ts";
import type { World } from "../../world.ts";

/** The key of something of this service in one world. */
export function keyIn({ account, region }: World, ...rest: KeyPart[]): KeyPart[] {
  return ["eventbridge", account, region, ...rest];
}

/** Who the service is when it calls others for a rule. */
export const EVENTS_PRINCIPAL = "events.amazonaws.com";
