/** A state of the Amazon States Language, as JSON. */
export type State = { readonly Type: string; readonly [field: string]: unknown };

/** States, and where to begin: what a state machine is made of. */
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A whole state machine: `JSON.stringify` makes the `definition` of `CreateStateMachine` of it. */
export interface StateMachineDefinition extends States {
  readonly Comment?: string;
  readonly QueryLanguage?: "JSONPath" | "JSONata";
  readonly TimeoutSeconds?: number;
}

/** What comes after a state: the name of the next one, or the end. */
export type After = { readonly Next: string } | { readonly End: true };

/** Every state's name, in branches and items too. In one state machine each is there once. */
export function namesOf({ States }: States): string[] {
  return Object.entries(States).flatMap(([name, state]) => [
    name,
    ...innerStatesOf(state).flatMap(namesOf),
  ]);
}

/** The same states under other names, and all that leads to them. */
export function renamed(
  states: Readonly<Record<string, State>>,
  rename: (name: string) => string,
): Record<string, State> {
  const known = new Set(Object.keys(states));
  const nameOf = (name: unknown) =>
    typeof name === "string" && known.has(name) ? rename(name) : name;
  const entries = Object.entries(states).map(([name, state]) => {
    const pointing: Record<string, unknown> = { ...state };
    for (const field of ["Next", "Default"])
      if (field in pointing) pointing[field] = nameOf(pointing[field]);
    for (const field of ["Choices", "Catch"]) {
      const rules = pointing[field];
      if (Array.isArray(rules))
        pointing[field] = rules.map((rule) => ({ ...rule, Next: nameOf(rule.Next) }));
    }
    return [rename(name), pointing as State] as const;
  });
  return Object.fromEntries(entries);
}

function innerStatesOf(state: State): States[] {
  const {
    Branches = [],
    ItemProcessor,
    Iterator,
  } = state as {
    readonly Branches?: readonly States[];
    readonly ItemProcessor?: States;
    readonly Iterator?: States;
  };
  return [...Branches, ItemProcessor, Iterator].filter((inner) => inner !== undefined);
}
