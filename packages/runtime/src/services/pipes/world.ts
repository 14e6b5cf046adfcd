import type { Caller } from "../../call.ts";
import type { KeyPart } from "../../store/store.ts";

/** An account's Region: what happens in one is not seen in another. */
export interface World {
  readonly account: string;
  readonly region: string;
}

export function worldOf({ account, region }: Caller): World {
  return { account, region };
}

/** The key of something of this service in one world. */
export function keyIn({ account, region }: World, ...rest: KeyPart[]): KeyPart[] {
  return ["pipes", account, region, ...rest];
}

/** Who the service is when it acts for a pipe. */
export const PIPES_PRINCIPAL = "pipes.amazonaws.com";
