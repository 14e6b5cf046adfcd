import { releaseLockAsTheOriginal } from "./original.ts";
import { release } from "./release-lock.ts";
import type { StateMachineDefinition } from "./states.ts";
import { readTerms, type SemaphoreStates, type StateMachineTerms } from "./terms.ts";

export interface ReaperOptions {
  /** The state machines whose executions hold units. */
  readonly stateMachineArns: readonly string[];
}

export interface Reaper {
  readonly definition: StateMachineDefinition;
  /** Of the rule that starts it with the event as its input (`PutRule`, on the default bus). */
  readonly eventPattern: {
    readonly source: readonly ["aws.states"];
    readonly "detail-type": readonly ["Step Functions Execution Status Change"];
    readonly detail: {
      readonly status: readonly ["FAILED", "TIMED_OUT", "ABORTED"];
      readonly stateMachineArn: readonly string[];
    };
  };
}

/**
 * The state machine that gives back what dead executions held, and the pattern of the rule that starts it. Source of
 * the event's form: Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".
 */
export function reaper(
  semaphore: StateMachineTerms & Pick<SemaphoreStates, "variant">,
  { stateMachineArns }: ReaperOptions,
): Reaper {
  const terms = readTerms(semaphore);
  const Comment = `Gives back what dead executions held of the semaphore ${terms.name}.`;
  const definition: StateMachineDefinition =
    semaphore.variant === "original"
      ? {
          Comment,
          StartAt: "Release what it held",
          States: {
            "Release what it held": releaseLockAsTheOriginal(
              terms,
              { End: true },
              "$.detail.executionArn",
            ),
          },
        }
      : { Comment, ...release(terms, "$states.input.detail.executionArn") };
  return {
    definition,
    eventPattern: {
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: stateMachineArns },
    },
  };
}
