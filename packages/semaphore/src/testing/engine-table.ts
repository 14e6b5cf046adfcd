import {
  type BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import {
  applyUpdate,
  evaluateCondition,
  readUpdate,
  validateItem,
} from "../../../runtime/src/services/dynamodb/engine/index.ts";
import type { Item } from "../item.ts";

export type AnyCommand =
  | GetItemCommand
  | UpdateItemCommand
  | PutItemCommand
  | DeleteItemCommand
  | BatchGetItemCommand;

/** Tables whose requests the runtime's DynamoDB engine carries out, in memory and at once. */
export class EngineTables {
  readonly items = new Map<string, Item>();
  readonly counts = { reads: 0, writes: 0, refused: 0 };

  run(command: AnyCommand): object {
    if (command instanceof GetItemCommand) {
      this.counts.reads += 1;
      return { Item: this.items.get(placeOf(command.input.TableName, command.input.Key)) };
    }
    if (command instanceof UpdateItemCommand) return this.#update(command.input);
    if (command instanceof PutItemCommand) {
      const { TableName, Item } = command.input;
      this.items.set(placeOf(TableName, keyOf(Item)), Item ?? {});
      return {};
    }
    if (command instanceof DeleteItemCommand) {
      this.items.delete(placeOf(command.input.TableName, command.input.Key));
      return {};
    }
    return this.#batchGet(command);
  }

  #update(input: UpdateItemCommandInput): object {
    this.counts.writes += 1;
    const place = placeOf(input.TableName, input.Key);
    const old = this.items.get(place);
    const key = validateItem(input.Key ?? {});
    const { update, condition } = readUpdate(input);
    if (condition && !evaluateCondition(condition, old)) {
      this.counts.refused += 1;
      const wantsOld = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
      throw conditionFailure(wantsOld ? old : undefined);
    }
    const after = update ? applyUpdate(update, old ?? key, old !== undefined) : (old ?? key);
    this.items.set(place, after);
    return input.ReturnValues === "ALL_NEW" ? { Attributes: after } : {};
  }

  #batchGet(command: BatchGetItemCommand): Partial<BatchGetItemCommandOutput> {
    const Responses: Record<string, Item[]> = {};
    for (const [table, { Keys }] of Object.entries(command.input.RequestItems ?? {})) {
      Responses[table] = (Keys ?? []).flatMap((key) => {
        const item = this.items.get(placeOf(table, key));
        return item ? [item] : [];
      });
    }
    return { Responses };
  }
}

/** The error as the SDK throws it. */
export function conditionFailure(item: Item | undefined): Error {
  return Object.assign(new Error("The conditional request failed"), {
    name: "ConditionalCheckFailedException",
    $metadata: { httpStatusCode: 400 },
    ...(item && { Item: item }),
  });
}

function placeOf(table: string | undefined, key: Item | undefined): string {
  return JSON.stringify([table, key]);
}

/** Tables of these tests have the key `LockName`. */
function keyOf(item: Item | undefined): Item {
  return { LockName: item?.LockName ?? { S: "" } };
}
