import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Item } from "../item.ts";
import { isConditionFailure } from "../table.ts";
import { LockError, lockErrorOf } from "./errors.ts";
import { type Address, addressOf, checkKeyAttribute, HandlerEvent } from "./event.ts";
import { type Handler, type HandlerOptions, handlerOf, type Means } from "./handler.ts";
import { clearingOf, type Death } from "./tombstone.ts";

const DEAD = new Set<unknown>(["FAILED", "TIMED_OUT", "ABORTED"]);
/** The item may change between looking and writing. Lambda tries an event that failed again. */
const ROUNDS_MAX = 10;

/**
 * Releases what an execution held that has failed, timed out or was aborted, and leaves a tombstone for 20 minutes, so
 * that a request of its acquire step that comes late is refused. To be invoked by an EventBridge rule on `aws.states`,
 * "Step Functions Execution Status Change"; events of other states do nothing. Doing it twice is doing it once.
 *
 * The event is EventBridge's. `TableName`, `LockIdAttribute`, `LockName` and `PerItemConcurrency` come from the
 * environment (`DEFAULT_…`), or stand beside `detail` where the rule's input transformer puts them. Answers `{}`.
 * Source of the event's form: Step Functions developer guide, "EventBridge (CloudWatch Events) for Step Functions
 * execution status changes".
 */
export function createReap(options: HandlerOptions = {}): Handler {
  return handlerOf(reapDead, options);
}

/** `createReap` with all its defaults. */
export const reap: Handler = createReap();

async function reapDead(given: unknown, means: Means): Promise<void> {
  const event = new HandlerEvent(given, means.environment);
  const death = deathFrom(given, means.now());
  if (death === undefined) return;
  const { place, perItemConcurrency } = event;
  checkKeyAttribute(place);
  try {
    await bury(death, addressOf(place), Number(perItemConcurrency), means);
  } catch (error) {
    throw lockErrorOf(error, "UpdateItem");
  }
}

/** Undefined where the execution lives, or ended well. `now`: ms since 1970. */
function deathFrom(given: unknown, now: number): Death | undefined {
  const detail = memberOf(given, "detail");
  const execution = memberOf(detail, "executionArn");
  if (typeof execution !== "string" || execution === "")
    throw new LockError(
      "MalformedRequest",
      "Input event is no Step Functions Execution Status Change: it has no detail.executionArn",
    );
  if (!DEAD.has(memberOf(detail, "status"))) return undefined;
  const stopDate = memberOf(detail, "stopDate");
  return { execution, stoppedAt: (typeof stopDate === "number" ? stopDate : now) / 1000 };
}

function memberOf(given: unknown, name: string): unknown {
  return typeof given === "object" && given !== null ? Reflect.get(given, name) : undefined;
}

/** Where the item is missing, nothing is held, and nothing can be acquired either. */
async function bury(
  death: Death,
  address: Address,
  units: number,
  { client, now }: Means,
): Promise<void> {
  const read = await client.send(new GetItemCommand({ ...address, ConsistentRead: true }));
  let item: Item | undefined = read.Item;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (item === undefined) return;
    const clearing = clearingOf(item, { units, now: now() / 1000, death });
    if (clearing === undefined) return;
    try {
      await client.send(
        new UpdateItemCommand({
          ...address,
          ...clearing.write,
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return;
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      item = error.Item;
    }
  }
  throw new Error(
    `The semaphore changed each of ${ROUNDS_MAX} times that ${death.execution} was to be released`,
  );
}
