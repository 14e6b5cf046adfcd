import type { ChoiceState, State, StatesOf } from "../definition.ts";
import type { Report } from "./report.ts";

interface Transition {
  readonly target: string;
  readonly place: string;
}

/**
 * Transitions lead to states beside them, every state can be reached, and the machine itself can end; inside a Parallel
 * or a Map AWS does not ask for an end. Without an end nothing is said of what can't be reached.
 * Source: floci-io/floci pull request 2786, measured with ValidateStateMachineDefinition.
 */
export function checkGraph(scope: StatesOf, place: string, report: Report): void {
  const names = Object.keys(scope.States);
  const isMissing = (name: string) => !Object.hasOwn(scope.States, name);
  const start = { target: scope.StartAt, place: `${place}/StartAt` };
  const transitions = new Map(
    names.map((name) => [name, transitionsOf(scope.States[name]!, `${place}/States/${name}`)]),
  );
  for (const { target, place: at } of [start, ...[...transitions.values()].flat()]) {
    if (isMissing(target)) {
      report.error("MISSING_TRANSITION_TARGET", `Missing 'Next' target: ${target}`, at);
    }
  }
  if (place === "" && !Object.values(scope.States).some(isTerminal)) {
    report.error("MISSING_END_STATE", "Workflow has no terminal state");
  } else {
    const reached = reachable(scope.StartAt, transitions);
    for (const name of names) {
      if (reached.has(name)) continue;
      const at = `${place}/States/${name}`;
      report.error("MISSING_TRANSITION_TARGET", `State "${name}" is not reachable.`, at);
    }
  }
  for (const name of names) checkInside(scope.States[name]!, `${place}/States/${name}`, report);
}

function checkInside(state: State, place: string, report: Report): void {
  if (state.Type === "Parallel") {
    for (const [index, branch] of state.Branches.entries()) {
      checkGraph(branch, `${place}/Branches[${index}]`, report);
    }
  } else if (state.Type === "Map") {
    const field = state.ItemProcessor ? "ItemProcessor" : "Iterator";
    const processor = state[field];
    if (processor) checkGraph(processor, `${place}/${field}`, report);
  }
}

function transitionsOf(state: State, place: string): Transition[] {
  const found: Transition[] = [];
  if ("Next" in state && state.Next !== undefined)
    found.push({ target: state.Next, place: `${place}/Next` });
  if (state.Type === "Choice") found.push(...choicesOf(state, place));
  if ("Catch" in state) {
    for (const [index, catcher] of (state.Catch ?? []).entries()) {
      found.push({ target: catcher.Next, place: `${place}/Catch[${index}]/Next` });
    }
  }
  return found;
}

function choicesOf(state: ChoiceState, place: string): Transition[] {
  const found = state.Choices.map(({ Next }, index) => ({
    target: Next,
    place: `${place}/Choices[${index}]/Next`,
  }));
  return state.Default === undefined
    ? found
    : [...found, { target: state.Default, place: `${place}/Default` }];
}

function isTerminal(state: State): boolean {
  return (
    state.Type === "Succeed" || state.Type === "Fail" || ("End" in state && state.End === true)
  );
}

function reachable(
  start: string,
  transitions: ReadonlyMap<string, readonly Transition[]>,
): Set<string> {
  const reached = new Set<string>();
  const pending = [start];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (reached.has(name) || !transitions.has(name)) continue;
    reached.add(name);
    for (const { target } of transitions.get(name)!) pending.push(target);
  }
  return reached;
}
