import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  PutLogEventsCommand,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { Ledger } from "./ledger.ts";
import type { Clients, Part } from "./part.ts";
import type { Random } from "./random.ts";

const GROUPS_MAX = 3;
const PREFIX = "group-";

/** Log groups, each with one stream, and the events in it. */
export class LogEvents implements Part {
  readonly name = "logs";
  readonly #groups = new Ledger("log group");
  readonly #streams = new Ledger("log stream");
  readonly #events = new Ledger("log event");
  #made = 0;

  get size(): number {
    return this.#groups.size + this.#events.size;
  }

  async step({ logs }: Clients, random: Random): Promise<void> {
    const group = random.pick(this.#groups.present());
    if (group === undefined || (this.#groups.size < GROUPS_MAX && random.chance(0.1))) {
      this.#made += 1;
      const name = `${PREFIX}${this.#made}`;
      await this.#groups.change([[name, "there"]], () =>
        logs.send(new CreateLogGroupCommand({ logGroupName: name })),
      );
      return;
    }
    if (this.#streams.stateOf(group) === undefined) {
      await this.#streams.change([[group, "there"]], () =>
        logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "stream" })),
      );
      return;
    }
    if (random.chance(0.05)) return this.#delete({ logs }, group);
    const messages = Array.from({ length: random.between(1, 5) }, () => {
      this.#made += 1;
      return `event-${this.#made}`;
    });
    await this.#events.change(
      messages.map((message) => [`${group}/${message}`, "there"]),
      () =>
        logs.send(
          new PutLogEventsCommand({
            logGroupName: group,
            logStreamName: "stream",
            logEvents: messages.map((message) => ({ message, timestamp: Date.now() })),
          }),
        ),
    );
  }

  async check({ logs: client }: Clients): Promise<void> {
    const groups = new Map<string, string>();
    const events = new Map<string, string>();
    for await (const { logGroups = [] } of paginateDescribeLogGroups(
      { client },
      { logGroupNamePrefix: PREFIX },
    ))
      for (const { logGroupName = "" } of logGroups) groups.set(logGroupName, "there");
    for (const group of groups.keys())
      for await (const page of paginateFilterLogEvents({ client }, { logGroupName: group }))
        for (const { message } of page.events ?? []) events.set(`${group}/${message}`, "there");
    this.#groups.check(groups);
    this.#events.check(events);
  }

  async #delete({ logs }: Pick<Clients, "logs">, group: string): Promise<void> {
    const inside = this.#events.present().filter((key) => key.startsWith(`${group}/`));
    await this.#events.change(
      inside.map((key) => [key, undefined]),
      () =>
        this.#groups.change([[group, undefined]], () =>
          logs.send(new DeleteLogGroupCommand({ logGroupName: group })),
        ),
    );
  }
}
