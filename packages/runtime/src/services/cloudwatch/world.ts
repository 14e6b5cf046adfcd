import type { Caller } from "../../call.ts";
import type { KeyPart, ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";

/** The key of something of this service in one world. */
export function keyIn({ account, region }: World, ...rest: KeyPart[]): KeyPart[] {
  return ["cloudwatch", account, region, ...rest];
}

/** Who the service is when it calls others for an alarm. */
export function asCloudWatch({ account, region }: World, source: string): Caller {
  return { account, region, principal: "cloudwatch.amazonaws.com", source };
}

/** The worlds that hold anything of this service, found by skipping from one to the next. */
export function worldsIn(tx: ReadTransaction): World[] {
  const worlds: World[] = [];
  let from: KeyPart[] = [];
  for (;;) {
    const [first] = tx.range({ prefix: ["cloudwatch"], from, limit: 1 });
    if (!first) return worlds;
    // Every key of this service begins with its name, an account and a Region.
    const [, account, region] = first.key as string[];
    worlds.push({ account: account as string, region: region as string });
    // Nothing that is a Region's name sorts between it and itself with a blank.
    from = [account as string, `${region} `];
  }
}
