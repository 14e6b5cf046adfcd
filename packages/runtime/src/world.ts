/** An account's Region: what happens in one is not seen in another. */
export interface World {
  readonly account: string;
  readonly region: string;
}

/** The world of a caller, or of anything else that knows where it is, and nothing else of it. */
export function worldOf({ account, region }: World): World {
  return { account, region };
}
