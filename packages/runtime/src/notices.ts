import { EventEmitter } from "node:events";
import type { StoppedChain } from "./chains/chains.ts";
import type { Hop } from "./chains/hop.ts";

/** What the cloud tells the person who runs it, as it happens. */
export interface NoticeEvents {
  /** A chain of requests went one hop on. */
  hop: [Hop];
  /** A loop was stopped, or found running on where AWS would not stop it. */
  loop: [StoppedChain];
  /** Something broke that should not have: an error in Flyball itself. */
  defect: [unknown];
}

export class Notices extends EventEmitter<NoticeEvents> {}
