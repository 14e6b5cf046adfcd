import type { KeyPart } from "../../store/store.ts";
import type { World } from "../../world.ts";

/** The key of something of this service in one world. */
export function keyIn({ account, region }: World, ...rest: KeyPart[]): KeyPart[] {
  return ["pipes", account, region, ...rest];
}

/** Who the service is when it acts for a pipe. */
export const PIPES_PRINCIPAL = "pipes.amazonaws.com";
