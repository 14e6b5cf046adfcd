import type { MapState } from "../../../states-language/definition.ts";
import type { Branch, Doing } from "./branch.ts";
import type { Run } from "./run.ts";
import type { At } from "./states.ts";
import type { Turn } from "./turn.ts";

export function isDistributed({ ItemProcessor }: MapState): boolean {
  return ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED";
}
export async function beginMapRun(_at: At & { readonly state: MapState }): Promise<void> {
  throw new Error("not yet");
}
export function followMapRun(_run: Run, _branch: Branch, _doing: Doing): void {}
export async function settleMapRun(_turn: Turn, _branch: Branch, _doing: Doing): Promise<void> {}
