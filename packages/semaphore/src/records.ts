import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Request } from "./request.ts";
import type { ServerTime } from "./server-time.ts";
import type { DynamoDBSender } from "./table.ts";
import type { Time } from "./time.ts";

/** Who stays shorter leaves no record: it would be gone before anyone read it. */
const AFTER_MS_DEFAULT = 5_000;
/** A record whose owner died is deleted by DynamoDB's time to live (on the attribute `fbexpires`) after this. */
const EXPIRES_AFTER_S = 86_400;
/** BatchGetItem takes no more keys. */
const KEYS_A_READ_MAX = 100;
const OWNER_LENGTH_MAX = 200;

export const RECORD_PREFIX = "flyball-ticket#";

/** What a ticket's owner says of itself, in an item of its own beside the semaphore's. */
export interface TicketRecord {
  readonly ticket: number;
  readonly owner: string;
  /** When it asked; ms since 1970 by DynamoDB's clock. */
  readonly since: number;
}

export interface Records {
  /** Begins to watch a request; it leaves a record when it stays. `close` takes it away. */
  open(request: Request, owner: string): { close(): void };
  read(tickets: readonly number[]): Promise<ReadonlyMap<number, TicketRecord>>;
}

export interface RecordBookOptions {
  readonly client: DynamoDBSender;
  readonly table: string;
  readonly name: string;
  readonly keyAttribute: string;
  readonly time: Time;
  readonly serverTime: ServerTime;
  readonly afterMs: number | undefined;
}

/**
 * Records are for people. Nothing is decided by them, so a write of one that fails is let go, and none is made for
 * work that is over within seconds.
 */
export class RecordBook implements Records {
  readonly #options: RecordBookOptions;

  constructor(options: RecordBookOptions) {
    this.#options = options;
  }

  open(request: Request, owner: string): { close(): void } {
    const { afterMs = AFTER_MS_DEFAULT, time, serverTime } = this.#options;
    if (!Number.isFinite(afterMs)) return { close: () => {} };
    const since = serverTime.now();
    let written: number | undefined;
    let writing: Promise<unknown> = Promise.resolve();
    let cancel = () => {};
    const write = () => {
      const ticket = request.firstTicket;
      if (ticket !== undefined && ticket !== written) {
        const before = written;
        written = ticket;
        writing = writing
          .then(() => this.#put({ ticket, owner: owner.slice(0, OWNER_LENGTH_MAX), since }))
          .then(() => (before === undefined ? undefined : this.#delete(before)))
          .catch(() => {});
      }
      cancel = time.timer(afterMs, write, { background: true });
    };
    cancel = time.timer(afterMs, write, { background: true });
    return {
      close: () => {
        cancel();
        const ticket = written;
        if (ticket !== undefined) void writing.then(() => this.#delete(ticket)).catch(() => {});
      },
    };
  }

  async read(tickets: readonly number[]): Promise<ReadonlyMap<number, TicketRecord>> {
    const { client, table, keyAttribute } = this.#options;
    const records = new Map<number, TicketRecord>();
    for (let from = 0; from < tickets.length; from += KEYS_A_READ_MAX) {
      const Keys = tickets.slice(from, from + KEYS_A_READ_MAX).map((ticket) => this.#key(ticket));
      const { Responses } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys } } }),
      );
      for (const item of Responses?.[table] ?? []) {
        const ticket = Number(item[keyAttribute]?.S?.split("#").at(-1));
        const { owner, since } = { owner: item.owner?.S, since: item.since?.N };
        if (owner !== undefined && since !== undefined)
          records.set(ticket, { ticket, owner, since: Number(since) });
      }
    }
    return records;
  }

  #key(ticket: number): Record<string, AttributeValue> {
    const { keyAttribute, name } = this.#options;
    return { [keyAttribute]: { S: `${RECORD_PREFIX}${name}#${ticket}` } };
  }

  async #put({ ticket, owner, since }: TicketRecord): Promise<void> {
    const { client, table, serverTime } = this.#options;
    const expires = Math.ceil(serverTime.now() / 1000) + EXPIRES_AFTER_S;
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          ...this.#key(ticket),
          owner: { S: owner },
          since: { N: String(Math.round(since)) },
          fbexpires: { N: String(expires) },
        },
      }),
    );
  }

  async #delete(ticket: number): Promise<void> {
    const { client, table } = this.#options;
    await client.send(new DeleteItemCommand({ TableName: table, Key: this.#key(ticket) }));
  }
}
