import {
  type AttributeValue,
  type BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DeleteItemCommand,
  type DeleteItemCommandOutput,
  GetItemCommand,
  type GetItemCommandOutput,
  type PutItemCommand,
  type PutItemCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "./item.ts";
import type { Write } from "./protocol.ts";
import type { ServerTime } from "./server-time.ts";
import type { Time } from "./time.ts";

/** What a semaphore needs of a `DynamoDBClient`. */
export interface DynamoDBSender {
  send(command: GetItemCommand): Promise<GetItemCommandOutput>;
  send(command: UpdateItemCommand): Promise<UpdateItemCommandOutput>;
  send(command: PutItemCommand): Promise<PutItemCommandOutput>;
  send(command: DeleteItemCommand): Promise<DeleteItemCommandOutput>;
  send(command: BatchGetItemCommand): Promise<BatchGetItemCommandOutput>;
}

export interface Answer {
  /** A write whose condition failed is not applied; the item is then as it stands. */
  readonly applied: boolean;
  readonly item: Item | undefined;
  /** By the monotonic clock, ms. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** One semaphore's item, read and written; each answer tells the server's time. */
export class ItemAccess {
  readonly #client: DynamoDBSender;
  readonly #address: { readonly TableName: string; readonly Key: Record<string, AttributeValue> };
  readonly #time: Time;
  readonly #serverTime: ServerTime;

  constructor(
    client: DynamoDBSender,
    { table, key }: { readonly table: string; readonly key: Record<string, AttributeValue> },
    time: Time,
    serverTime: ServerTime,
  ) {
    this.#client = client;
    this.#address = { TableName: table, Key: key };
    this.#time = time;
    this.#serverTime = serverTime;
  }

  /** Consistent: that a ticket is *not* called yet must be true of an instant after the sending. */
  async read(): Promise<Answer> {
    const command = new GetItemCommand({ ...this.#address, ConsistentRead: true });
    const { output, sentAt, receivedAt } = await this.#timed(command, () =>
      this.#client.send(command),
    );
    return { applied: true, item: output.Item, sentAt, receivedAt };
  }

  async write(write: Partial<Write>): Promise<Answer> {
    const command = new UpdateItemCommand({
      ...this.#address,
      ...write,
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const asked = this.#time.monotonic();
    try {
      const { output, sentAt, receivedAt } = await this.#timed(command, () =>
        this.#client.send(command),
      );
      return { applied: true, item: output.Attributes, sentAt, receivedAt };
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const receivedAt = this.#time.monotonic();
      return { applied: false, item: error.Item, sentAt: asked, receivedAt };
    }
  }

  async #timed<Output>(command: AnyCommand, send: () => Promise<Output>) {
    let attemptAt = this.#time.monotonic();
    command.middlewareStack?.add(
      (next) => async (args) => {
        attemptAt = this.#time.monotonic();
        const result = await next(args);
        const date = dateOf(result.response);
        if (date !== undefined) this.#serverTime.answered(date, attemptAt, this.#time.monotonic());
        return result;
      },
      // The step next to the wire: once for each attempt that the SDK makes.
      { step: "deserialize", name: "semaphoreServerTime", priority: "low", override: true },
    );
    const sentAt = this.#time.monotonic();
    const output = await send();
    return { output, sentAt, receivedAt: this.#time.monotonic() };
  }
}

type AnyCommand = {
  readonly middlewareStack?: Pick<
    GetItemCommand["middlewareStack"] & UpdateItemCommand["middlewareStack"],
    "add"
  >;
};

function dateOf(response: unknown): number | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null || !("date" in headers)) return;
  return typeof headers.date === "string" ? Date.parse(headers.date) : undefined;
}

/** By name, not by class: the caller's client may come from another copy of the SDK. */
export function isConditionFailure(
  error: unknown,
): error is Error & { readonly Item?: Item | undefined } {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}
