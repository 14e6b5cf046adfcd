import type { Cloud } from "../../../cloud.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import type { Dispatch, Execution } from "./execution.ts";

export function settleDispatched(
  _tx: WriteTransaction,
  _cloud: Cloud,
  _ended: Execution,
  _dispatch: Dispatch,
): void {}
