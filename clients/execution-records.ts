import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type HistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
} from "@aws-sdk/client-sfn";
import type { Span } from "../packages/semaphore/src/state-machine/testing/observed.ts";
import { eventually } from "./eventually.ts";
import type { Flyball } from "./flyball.ts";

/** Executions on a semaphore as Step Functions tells of them, read with the SDK for JavaScript. */
export class ExecutionRecords {
  readonly #sfn: SFNClient;

  constructor(flyball: Flyball) {
    this.#sfn = new SFNClient(flyball.clientConfig());
  }

  /** How each came to its end, as soon as the last one has. */
  async ended(executionArns: readonly string[]): Promise<DescribeExecutionCommandOutput[]> {
    const ended: DescribeExecutionCommandOutput[] = [];
    for (const executionArn of executionArns)
      ended.push(
        await eventually(
          () => this.#sfn.send(new DescribeExecutionCommand({ executionArn })),
          ({ status }) => status !== "RUNNING",
        ),
      );
    return ended;
  }

  /** From when to when each was at work: until it began to release, or died. Undefined: never. */
  workOf(executionArns: readonly string[]): Promise<(Span | undefined)[]> {
    return Promise.all(executionArns.map((arn) => this.#workOf(arn)));
  }

  async #workOf(executionArn: string): Promise<Span | undefined> {
    const history: HistoryEvent[] = [];
    for await (const { events = [] } of paginateGetExecutionHistory(
      { client: this.#sfn },
      { executionArn },
    ))
      history.push(...events);
    const from = instantOf(history, "Work");
    if (from === undefined) return undefined;
    const until = instantOf(history, "Release lock") ?? history.at(-1)?.timestamp?.getTime();
    return { from, until: until ?? Number.POSITIVE_INFINITY };
  }
}

/** When an execution came to a state; ms since 1970. */
function instantOf(history: readonly HistoryEvent[], state: string): number | undefined {
  return history
    .find(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === state)
    ?.timestamp?.getTime();
}
