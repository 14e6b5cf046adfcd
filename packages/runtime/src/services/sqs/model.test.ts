import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { TestCloud } from "./testing.ts";

/** What a generated schedule does next; numbers choose among what there is. */
type Step =
  | {
      readonly do: "send";
      readonly group: number;
      readonly content: number;
      readonly delay: number;
    }
  | { readonly do: "receive"; readonly max: number; readonly timeout: number }
  | { readonly do: "delete"; readonly which: number }
  | { readonly do: "change"; readonly which: number; readonly timeout: number }
  | { readonly do: "advance"; readonly seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      group: fc.nat(1),
      content: fc.oneof(fc.nat(2), fc.nat(1_000)),
      delay: fc.constantFrom(0, 0, 0, 4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      max: fc.integer({ min: 1, max: 4 }),
      timeout: fc.nat(6),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      which: fc.nat(),
      timeout: fc.nat(6),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      seconds: fc.constantFrom(1, 1, 3, 7, 250, 301),
    }),
  },
);

/** A message in the oracle: a list is all that it keeps. */
interface Known {
  readonly id: string;
  readonly group: number;
  visibleAt: number;
  receives: number;
}

/** Plays a schedule on the service and on the oracle, side by side. */
class Play {
  readonly cloud: TestCloud;
  readonly url: string;
  readonly fifo: boolean;
  known: Known[] = [];
  readonly sent = new Map<string, { id: string; at: number }>();
  readonly handles: { id: string; receives: number; handle: string }[] = [];

  constructor(cloud: TestCloud, url: string, fifo: boolean) {
    this.cloud = cloud;
    this.url = url;
    this.fifo = fifo;
  }

  get now(): number {
    return this.cloud.cloud.clock.now();
  }

  held = (message: Known) => message.receives > 0 && message.visibleAt > this.now;

  async step(next: Step): Promise<void> {
    if (next.do === "advance") await this.cloud.advance(next.seconds);
    else if (next.do === "send") await this.send(next);
    else if (next.do === "receive") await this.receive(next);
    else if (this.handles.length > 0) {
      const handle = this.handles[next.which % this.handles.length]!;
      if (next.do === "delete") await this.delete(handle);
      else await this.change(handle, next.timeout);
    }
    await this.check();
  }

  async send({ group, content, delay }: Step & { do: "send" }): Promise<void> {
    const { MessageId: id = "" } = await this.cloud.call("SendMessage", {
      QueueUrl: this.url,
      MessageBody: `${content}`,
      ...(this.fifo ? { MessageGroupId: `${group}` } : { DelaySeconds: delay }),
    });
    const before = this.sent.get(`${content}`);
    if (this.fifo && before && before.at + 300_000 > this.now) {
      assert.equal(id, before.id, "a duplicate is answered as the first");
      return;
    }
    assert(!this.known.some((message) => message.id === id), "ids are new");
    this.sent.set(`${content}`, { id, at: this.now });
    const visibleAt = this.now + (this.fifo ? 0 : delay * 1000);
    this.known.push({ id, group, visibleAt, receives: 0 });
  }

  async receive({ max, timeout }: Step & { do: "receive" }): Promise<void> {
    const { Messages = [] } = await this.cloud.call("ReceiveMessage", {
      QueueUrl: this.url,
      MaxNumberOfMessages: max,
      VisibilityTimeout: timeout,
      MessageSystemAttributeNames: ["All"],
    });
    const blocked = new Set(
      this.fifo ? this.known.filter(this.held).map(({ group }) => group) : [],
    );
    const free = this.known.filter((m) => m.visibleAt <= this.now && !blocked.has(m.group));
    assert.equal(Messages.length, Math.min(max, free.length), "nothing is lost, nothing made up");
    for (const { MessageId, ReceiptHandle = "", Attributes = {} } of Messages) {
      const message = free.find(({ id }) => id === MessageId);
      assert(message, "a message is received while it is held, or after it was deleted");
      if (this.fifo) {
        const first = free.find(({ group }) => group === message.group);
        assert.equal(message, first, "a group's messages come in the order of their sending");
      }
      free.splice(free.indexOf(message), 1);
      message.receives += 1;
      assert.equal(Attributes.ApproximateReceiveCount, String(message.receives));
      message.visibleAt = this.now + timeout * 1000;
      this.handles.push({ id: message.id, receives: message.receives, handle: ReceiptHandle });
    }
  }

  async delete({ id, receives, handle }: Play["handles"][number]): Promise<void> {
    const message = this.known.find((one) => one.id === id);
    const deleted = this.cloud.call("DeleteMessage", { QueueUrl: this.url, ReceiptHandle: handle });
    if (this.fifo && message && (message.receives !== receives || !this.held(message))) {
      await assert.rejects(deleted, /The receipt handle has expired/);
      return;
    }
    await deleted;
    this.known = this.known.filter((one) => one !== message);
  }

  async change({ id, receives, handle }: Play["handles"][number], seconds: number): Promise<void> {
    const message = this.known.find((one) => one.id === id);
    const changed = this.cloud.call("ChangeMessageVisibility", {
      QueueUrl: this.url,
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    });
    if (!message || (this.fifo && message.receives !== receives)) {
      await assert.rejects(changed, /Message does not exist or is not available/);
      return;
    }
    await changed;
    if (this.held(message)) message.visibleAt = this.now + seconds * 1000;
  }

  async check(): Promise<void> {
    const held = this.known.filter(this.held).length;
    const delayed = this.known.filter((m) => m.receives === 0 && m.visibleAt > this.now).length;
    const counts = [this.known.length - held - delayed, held, delayed];
    assert.deepEqual(await this.cloud.counts(this.url), counts);
  }
}

async function play(cloud: TestCloud, name: string, fifo: boolean, steps: Step[]): Promise<void> {
  const attributes: Record<string, string> = fifo
    ? { FifoQueue: "true", ContentBasedDeduplication: "true" }
    : {};
  const url = await cloud.queue(name, attributes);
  const game = new Play(cloud, url, fifo);
  for (const next of steps) await game.step(next);
  await cloud.call("DeleteQueue", { QueueUrl: url });
}

for (const fifo of [false, true])
  test(`any schedule of ${fifo ? "FIFO" : "standard"} sends, receives, deletions and waits ends as the oracle says`, async () => {
    await using cloud = new TestCloud();
    let queues = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        queues += 1;
        await play(cloud, `q${queues}${fifo ? ".fifo" : ""}`, fifo, steps);
      }),
      { numRuns: 200 },
    );
  });
