import { jsonata } from "./expressions.ts";
import { getLock, releaseLock } from "./lock.ts";
import { namesOf, type State, type StateMachineDefinition, type States } from "./states.ts";
import { choose, state } from "./tasks.ts";
import { type SemaphoreStates, timeoutOf } from "./terms.ts";

/**
 * A state machine that does the work between getting the lock and releasing it. The work is a chain of states as it
 * stands in a machine of its own; its input is the execution's, its output too. When it fails, the execution fails with
 * its error and cause, after the units are back (in the original: the reaper gives them back).
 *
 * Throws a `RangeError` for what can never be granted, and a `TypeError` where a state of the work has the name of one
 * of the semaphore's, or work in JSONata is to be wrapped in the original's JSONPath.
 */
export function withSemaphore(
  work: States & Pick<StateMachineDefinition, "Comment" | "QueryLanguage">,
  semaphore: SemaphoreStates,
): StateMachineDefinition {
  const { StartAt, States, Comment, QueryLanguage } = work;
  if (QueryLanguage === "JSONata" && semaphore.variant === "original")
    throw new TypeError(
      "The original semaphore is in JSONPath, which a machine in JSONata takes no states of: set QueryLanguage in each of the work's states, not in all.",
    );
  const definition: StateMachineDefinition = {
    ...(Comment === undefined ? {} : { Comment }),
    ...(QueryLanguage === undefined ? {} : { QueryLanguage }),
    StartAt: "Get lock",
    ...(semaphore.variant === "original"
      ? { States: aroundAsTheOriginal({ StartAt, States }, semaphore) }
      : {
          TimeoutSeconds: timeoutOf(semaphore.timeoutSeconds),
          States: around({ StartAt, States }, semaphore),
        }),
  };
  refuseTwins(definition);
  return definition;
}

function around(work: States, semaphore: SemaphoreStates): Record<string, State> {
  return {
    "Get lock": getLock(semaphore, { Next: "Work" }),
    Work: state("Parallel", {
      Branches: [work],
      Output: jsonata("$states.result[0]"),
      Assign: { workFailed: false },
      Catch: [
        {
          ErrorEquals: ["States.ALL"],
          Output: {},
          Assign: {
            workFailed: true,
            workError: jsonata("$states.errorOutput.Error"),
            workCause: jsonata(
              '$exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ""',
            ),
          },
          Next: "Release lock",
        },
      ],
      Next: "Release lock",
    }),
    "Release lock": releaseLock(semaphore, { Next: "Did the work fail?" }),
    "Did the work fail?": choose([["$workFailed", "Fail as the work did"]], "The work is done"),
    "Fail as the work did": state("Fail", {
      Error: jsonata("$workError"),
      Cause: jsonata("$workCause"),
    }),
    "The work is done": state("Succeed", {}),
  };
}

/** Nothing is caught: what fails ends the execution, and the reaper releases. */
function aroundAsTheOriginal(work: States, semaphore: SemaphoreStates): Record<string, State> {
  return {
    "Get lock": getLock(semaphore, { Next: "Work" }),
    Work: { Type: "Parallel", Branches: [work], OutputPath: "$[0]", Next: "Release lock" },
    "Release lock": releaseLock(semaphore, { End: true }),
  };
}

function refuseTwins(definition: StateMachineDefinition): void {
  const names = new Set<string>();
  for (const name of namesOf(definition)) {
    if (names.has(name))
      throw new TypeError(
        `Two states are called "${name}", of which a state machine has one. The semaphore's states have that name: let the work's have another.`,
      );
    names.add(name);
  }
}
