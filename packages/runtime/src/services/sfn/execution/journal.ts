import { setImmediate } from "node:timers/promises";
import type { WriteTransaction } from "../../../store/store.ts";
import { branchesKey, itemsKey, resultsKey } from "./branch.ts";
import { writeEnd } from "./ending.ts";
import { runKey } from "./execution.ts";
import { historyKey, type RecordedEvent } from "./history.ts";
import { reportTurn } from "./report.ts";
import type { Counters, Run } from "./run.ts";
import type { Turn } from "./turn.ts";

/** Where a run's turns are kept. */
export interface Journal {
  /** Whether a run can be taken up from it in the middle. */
  readonly durable: boolean;
  /** Resolves when the turn is kept: then the run may act on it. */
  commit(turn: Turn): Promise<void>;
  /** A turn could not be kept; the run is closed. */
  broken(run: Run, error: unknown): void;
}

/** Keeps every turn in the store: a Standard execution. */
export function storeJournal(broken: Journal["broken"]): Journal {
  return {
    durable: true,
    commit: async (turn) => {
      await turn.run.cloud.store.write((tx) => writeTurn(tx, turn));
      reportTurn(turn);
    },
    broken,
  };
}

/**
 * Keeps nothing but the end: an Express execution, whose history is in its logs alone. One that was started
 * asynchronously is on record until then, and begins anew after a crash: at least once, as the developer guide says of
 * Express workflows.
 */
export function expressJournal(writesEnd: boolean, broken: Journal["broken"]): Journal {
  return {
    durable: false,
    commit: async (turn) => {
      const { run, ended, writes } = turn;
      if ((ended && writesEnd) || writes.length > 0)
        await run.cloud.store.write((tx) => {
          for (const write of writes) write(tx);
          if (ended && writesEnd) writeEnd(tx, run, ended);
        });
      // A long way of states lets the others have their turns.
      else if (!ended) await setImmediate();
      reportTurn(turn);
    },
    broken,
  };
}

function writeTurn(tx: WriteTransaction, turn: Turn): void {
  const { run, ended } = turn;
  const { execution } = run;
  const { id } = execution;
  const history = historyKey(execution, id);
  for (const event of turn.events) tx.put<RecordedEvent>([...history, event.id], event);
  writeProgress(tx, turn);
  for (const write of turn.writes) write(tx);
  if (ended) writeEnd(tx, run, ended);
  else tx.put<Counters>(runKey(execution, id), run.counters);
}

function writeProgress(tx: WriteTransaction, turn: Turn): void {
  const { execution } = turn.run;
  const branches = branchesKey(execution, execution.id);
  const results = resultsKey(execution, execution.id);
  const items = itemsKey(execution, execution.id);
  for (const branchId of turn.dropped) {
    for (const { key } of [...tx.range({ prefix: [...results, branchId] })]) tx.delete(key);
    tx.delete([...items, branchId]);
  }
  for (const [branchId, ofMap] of turn.items) tx.put([...items, branchId], ofMap);
  for (const { branchId, index, value } of turn.results)
    if (turn.run.isGathering(branchId)) tx.put([...results, branchId, index], value);
  for (const branch of turn.touched) tx.put([...branches, branch.id], branch);
  for (const { id } of turn.removed) tx.delete([...branches, id]);
}
