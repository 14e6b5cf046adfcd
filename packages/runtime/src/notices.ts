import { EventEmitter } from "node:events";
import type { Hop } from "./chains/hop.ts";
import type { LoopingChain } from "./chains/looping-chain.ts";

/** What the cloud tells the person who runs it, as it happens. */
export interface NoticeEvents {
  /** A chain of requests went one hop on. */
  hop: [Hop];
  /** A loop was stopped, or is one that AWS would let run. Told once a chain, however often it comes round. */
  loop: [LoopingChain];
  /** Something broke that should not have: an error in Flyball itself. */
  defect: [unknown];
}

export class Notices extends EventEmitter<NoticeEvents> {}
