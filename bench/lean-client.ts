import type { DynamoDBSender } from "@flyball/semaphore";
import { type Connection, dynamodbRequest, open, Refusal } from "./load.ts";

/**
 * A DynamoDB client with connections of its own that takes a tenth of the SDK's time for a request: 200 SDK clients that
 * share nothing would have to wait for one another's processor, and not for the semaphore. It does not retry, and reads
 * no header of the answer. `onRequest` is told each operation.
 */
export class LeanClient {
  readonly #port: number;
  readonly #onRequest: (operation: string) => void;
  readonly #idle: Connection[] = [];

  constructor(endpoint: string, onRequest: (operation: string) => void) {
    this.#port = Number(new URL(endpoint).port);
    this.#onRequest = onRequest;
  }

  /** What a command's answer has is what DynamoDB's JSON has, where no attribute is binary. */
  readonly send = (async (command: { readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, "");
    this.#onRequest(operation);
    const connection = this.#idle.pop() ?? (await open(this.#port));
    try {
      return JSON.parse(
        String(await connection.exchange(dynamodbRequest(operation, command.input))),
      );
    } catch (error) {
      throw error instanceof Refusal ? errorOf(error) : error;
    } finally {
      this.#idle.push(connection);
    }
    // Overloads tell which answer belongs to which command.
  }) as DynamoDBSender["send"];
}

function errorOf({ body }: Refusal): Error {
  const { __type, message, Item } = JSON.parse(String(body));
  const name = String(__type).split("#").at(-1) ?? "";
  return Object.assign(new Error(message), { name, Item });
}
