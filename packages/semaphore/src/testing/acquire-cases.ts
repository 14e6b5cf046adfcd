import assert from "node:assert/strict";
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  type Answer,
  type Case,
  type ItemAfter,
  KEY_ATTRIBUTE,
  LOCK,
  TABLE,
} from "../handlers/cases.ts";
import type { Environment } from "../handlers/event.ts";
import type { Item } from "../item.ts";

/** How an implementation is run: what it answers, or the error as a state machine sees it. */
export type Invoke = (
  event: unknown,
  environment: Environment,
) => Promise<object | { readonly errorType: string; readonly errorMessage: string }>;

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a case is played on: the runtime's DynamoDB, with a table. */
export class Stage {
  readonly client: DynamoDBClient;
  readonly #endpoint: string;

  private constructor(config: ClientConfig) {
    this.client = new DynamoDBClient({ ...config, maxAttempts: 1 });
    this.#endpoint = config.endpoint;
  }

  static async at(config: ClientConfig): Promise<Stage> {
    const stage = new Stage(config);
    await stage.client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: KEY_ATTRIBUTE, KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: KEY_ATTRIBUTE, AttributeType: "S" }],
      }),
    );
    return stage;
  }

  /** Puts the item in place, or takes it away. */
  async set(item: Item | undefined): Promise<void> {
    const Key = { [KEY_ATTRIBUTE]: { S: LOCK } };
    if (item) await this.client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
    else await this.client.send(new DeleteItemCommand({ TableName: TABLE, Key }));
  }

  async item(): Promise<Item | undefined> {
    const Key = { [KEY_ATTRIBUTE]: { S: LOCK } };
    const command = new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true });
    return (await this.client.send(command)).Item;
  }

  async faults(faults: readonly object[]): Promise<void> {
    const answer = await fetch(`${this.#endpoint}/_flyball/faults`, {
      method: "PUT",
      body: JSON.stringify(faults),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  async play(one: Case, invoke: Invoke, who: "ours" | "original"): Promise<void> {
    const expected = (who === "original" ? one.original : undefined) ?? one;
    await this.set(one.before);
    await this.faults(one.faults ?? []);
    const begunAt = Date.now() / 1000;
    const answer = await invoke(one.event, one.environment ?? {}).finally(() => this.faults([]));
    const endedAt = Date.now() / 1000;
    assertAnswer(answer, expected.answer);
    assertItem(await this.item(), expected.after ?? one.before, begunAt, endedAt);
  }
}

function assertAnswer(answer: object, expected: Answer): void {
  if (expected === "{}") {
    assert.deepEqual(answer, {});
    return;
  }
  assert.ok("errorType" in answer && "errorMessage" in answer, JSON.stringify(answer));
  const { errorType, errorMessage } = answer;
  // How often it was tried is the client's.
  const message = String(errorMessage).replace(/ \(reached max retries: \d+\)/, "");
  assert.equal(errorType, expected.error, message);
  if (typeof expected.message === "string") assert.equal(message, expected.message);
  else assert.match(message, expected.message);
}

/** Clocks show milliseconds, or less. */
const PRECISION_S = 0.001;

function assertItem(
  item: Item | undefined,
  expected: ItemAfter | undefined,
  begunAt: number,
  endedAt: number,
): void {
  const next = expected?.nextavailtime;
  if (item === undefined || next === undefined || !("secondsAhead" in next)) {
    assert.deepEqual(item, expected);
    return;
  }
  const { nextavailtime, ...rest } = item;
  const { nextavailtime: _, ...restExpected } = expected ?? {};
  assert.deepEqual(rest, restExpected);
  const at = Number(nextavailtime?.N) - next.secondsAhead;
  assert.ok(
    at >= begunAt - PRECISION_S && at <= endedAt + PRECISION_S,
    `granted at ${at}, between ${begunAt} and ${endedAt}`,
  );
}
