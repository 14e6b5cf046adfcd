import { type Holder, type Inspection, inspectionOf } from "./inspect.ts";
import { COUNT, lastVersionOf, SEQUENCE } from "./item.ts";
import type { Write } from "./protocol.ts";
import { RecordBook } from "./records.ts";
import { ServerTime } from "./server-time.ts";
import { type DynamoDBSender, ItemAccess } from "./table.ts";
import { systemTime } from "./time.ts";

/** Where a semaphore is, for those who look after it and take no part in it. */
export interface SemaphoreAddress {
  /** A `DynamoDBClient`. */
  readonly client: DynamoDBSender;
  readonly table: string;
  readonly name: string;
  /** The table's partition key. */
  readonly keyAttribute: string;
}

/** Looks at one semaphore as often as it is asked to, and knows nothing of its limit but what its users wrote. */
export class Observer {
  readonly #address: SemaphoreAddress;
  readonly #serverTime = new ServerTime(systemTime);
  readonly #access: ItemAccess;
  readonly #records: RecordBook;

  constructor(address: SemaphoreAddress) {
    this.#address = address;
    const { client, table, name, keyAttribute } = address;
    const key = { [keyAttribute]: { S: name } };
    this.#access = new ItemAccess(client, { table, key }, systemTime, this.#serverTime);
    const world = { time: systemTime, serverTime: this.#serverTime, afterMs: undefined };
    this.#records = new RecordBook({ client, table, name, keyAttribute, ...world });
  }

  /** Who holds what since when, who waits, and how start times stand. Two reads, no write. */
  async inspect(): Promise<Inspection> {
    const { item } = await this.#access.read();
    return inspectionOf(item, {
      name: this.#address.name,
      keyAttribute: this.#address.keyAttribute,
      limit: undefined,
      now: this.#serverTime.now(),
      recordsOf: (tickets) => this.#records.read(tickets),
    });
  }

  /**
   * Takes a holder's units from it, on the condition that it still has them; resolves with whether it had. A lease of
   * ours learns of it at its next renewal or look, and its `signal` aborts; an execution learns nothing. `units` is how
   * many an execution holds, which the item does not say; a lease's holder is one unit.
   */
  async takeBack({ token, attribute }: Holder, units = 1): Promise<boolean> {
    const write: Write =
      token === undefined
        ? {
            UpdateExpression: "SET #count = #count - :units REMOVE #holder",
            ConditionExpression: "attribute_exists(#holder) AND #count >= :units",
            ExpressionAttributeNames: { "#count": COUNT, "#holder": attribute },
            ExpressionAttributeValues: { ":units": { N: String(units) } },
          }
        : {
            UpdateExpression:
              "SET #count = #count - :one, #sequence = #sequence + :one REMOVE #holder",
            ConditionExpression: "#holder BETWEEN :ticket AND :last",
            ExpressionAttributeNames: {
              "#count": COUNT,
              "#sequence": SEQUENCE,
              "#holder": attribute,
            },
            ExpressionAttributeValues: {
              ":one": { N: "1" },
              ":ticket": { N: String(token) },
              ":last": { N: lastVersionOf(token) },
            },
          };
    const { applied } = await this.#access.write(write);
    return applied;
  }
}
