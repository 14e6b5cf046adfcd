import { checkJsonata } from "./jsonata.ts";
import type { CheckedState } from "./state.ts";

/** A whole number, or in JSONata an expression that gives one. */
export function checkIntegerField(
  checked: Pick<CheckedState, "state" | "language" | "place" | "report">,
  field: string,
  range: { readonly min: number; readonly max?: number },
): void {
  const { state, language, place, report } = checked;
  const value = state[field];
  if (value === undefined) return;
  if (language === "JSONata" && typeof value === "string" && value.startsWith("{%")) {
    checkJsonata(value, `${place}/${field}`, "arguments", report);
  } else {
    report.isInteger(value, range, `${place}/${field}`);
  }
}
