import type { Cloud } from "../../cloud.ts";
import { DONE, type OwedOutcome } from "../../owed.ts";
import type { KeyPart, WriteTransaction } from "../../store/store.ts";

/**
 * Does long work in transactions that hold nobody up: each step begins at a key and returns where to go on, undefined
 * at the end. It can begin anew after a crash, so a step that is done twice has to be as one that is done once.
 */
export async function bySteps(
  cloud: Cloud,
  step: (tx: WriteTransaction, from: readonly KeyPart[]) => readonly KeyPart[] | undefined,
): Promise<OwedOutcome> {
  let from: readonly KeyPart[] | undefined = [];
  while (from && !cloud.stopping.aborted) {
    const start: readonly KeyPart[] = from;
    from = await cloud.store.write((tx) => step(tx, start));
  }
  return DONE;
}
