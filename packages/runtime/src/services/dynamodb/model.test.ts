import assert from "node:assert";
import { test } from "node:test";
import type { AttributeValue, QueryInput, ScanInput } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { item, TestCloud } from "./testing.ts";

type Item = Record<string, AttributeValue>;

const TABLE = "model";

/** A change of one item, as a plain operation and as an action of a transaction or batch has it. */
type Change =
  | { readonly do: "put"; readonly at: Place; readonly with: Attributes; readonly onlyNew: boolean }
  | {
      readonly do: "update";
      readonly at: Place;
      readonly with: Attributes;
      readonly remove: boolean;
    }
  | { readonly do: "delete"; readonly at: Place };

interface Place {
  readonly hash: number;
  readonly range: number;
}

interface Attributes {
  readonly group?: string | undefined;
  readonly rank?: number | undefined;
  readonly note?: string | undefined;
}

type Step =
  | { readonly kind: "one"; readonly change: Change }
  | { readonly kind: "transaction"; readonly changes: readonly Change[] }
  | { readonly kind: "batch"; readonly changes: readonly Change[] }
  | { readonly kind: "index" };

const place = fc.record({ hash: fc.nat(2), range: fc.nat(3) });
const attributes: fc.Arbitrary<Attributes> = fc.record({
  group: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
  rank: fc.option(fc.constantFrom(-1.5, 0, 2, 10, 1e20), { nil: undefined }),
  note: fc.option(fc.constantFrom("x", "yy"), { nil: undefined }),
});
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    do: fc.constant("put" as const),
    at: place,
    with: attributes,
    onlyNew: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("update" as const),
    at: place,
    with: attributes,
    remove: fc.boolean(),
  }),
  fc.record({ do: fc.constant("delete" as const), at: place }),
);
const changesOfDifferentItems = fc.uniqueArray(change, {
  maxLength: 4,
  minLength: 1,
  selector: ({ at }) => `${at.hash}/${at.range}`,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("one" as const), change }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("transaction" as const),
      changes: changesOfDifferentItems,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("batch" as const), changes: changesOfDifferentItems }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "index" as const }) },
);

/** What a table is, without a store: a map, and the list of what changed. */
class Oracle {
  items = new Map<string, Item>();
  changes: { name: string; before: Item | undefined; after: Item | undefined }[] = [];

  /** Returns whether the condition held. */
  apply(changed: Change): boolean {
    const key = `${changed.at.hash}/${changed.at.range}`;
    const before = this.items.get(key);
    if (changed.do === "put" && changed.onlyNew && before) return false;
    const after = this.#after(changed, before);
    if (after) this.items.set(key, after);
    else this.items.delete(key);
    if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return true;
    const name = after ? (before ? "MODIFY" : "INSERT") : "REMOVE";
    this.changes.push({ name, before, after });
    return true;
  }

  #after(changed: Change, before: Item | undefined): Item | undefined {
    if (changed.do === "delete") return undefined;
    const given = attributesOf(changed.with);
    if (changed.do === "put") return { ...keyOf(changed.at), ...given };
    const onlyRemoves = Object.keys(given).every((name) => changed.remove && name === "note");
    if (!before && onlyRemoves) return undefined;
    const after = { ...keyOf(changed.at), ...before, ...given };
    if (changed.remove) delete after.note;
    return after;
  }
}

function keyOf({ hash, range }: Place): Item {
  return item({ id: `h${hash}`, at: range });
}

function attributesOf({ group, rank, note }: Attributes): Item {
  return {
    ...(group !== undefined && { group: { S: group } }),
    ...(rank !== undefined && {
      rank: { N: rank === 1e20 ? "100000000000000000000" : String(rank) },
    }),
    ...(note !== undefined && { note: { S: note } }),
  };
}

function sorted(one: Item | undefined): unknown {
  return one && Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1));
}

function inOrder(items: readonly Item[]): unknown[] {
  return items.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function requestOf(changed: Change) {
  const { at } = changed;
  if (changed.do === "delete") return { Delete: { TableName: TABLE, Key: keyOf(at) } };
  const given = attributesOf(changed.with);
  if (changed.do === "put") {
    return {
      Put: {
        TableName: TABLE,
        Item: { ...keyOf(at), ...given },
        ...(changed.onlyNew && { ConditionExpression: "attribute_not_exists(id)" }),
      },
    };
  }
  const names = Object.keys(given).filter((name) => !(changed.remove && name === "note"));
  const sets = names.map((name) => `#${name} = :${name}`);
  const clauses = [
    sets.length > 0 ? `SET ${sets.join(", ")}` : "",
    changed.remove ? "REMOVE #note" : "",
  ].filter((clause) => clause !== "");
  const used = [...names, ...(changed.remove ? ["note"] : [])];
  return {
    Update: {
      TableName: TABLE,
      Key: keyOf(at),
      UpdateExpression: clauses.join(" "),
      ...(used.length > 0 && {
        ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
      }),
      ...(names.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(
          names.map((name) => [`:${name}`, given[name]!]),
        ),
      }),
    },
  };
}

/** An update that says nothing can't be written as an expression. */
function saysSomething(changed: Change): boolean {
  return (
    changed.do !== "update" || changed.remove || Object.keys(attributesOf(changed.with)).length > 0
  );
}

class Play {
  readonly cloud: TestCloud;
  readonly oracle = new Oracle();
  late = false;

  constructor(cloud: TestCloud) {
    this.cloud = cloud;
  }

  async start(): Promise<void> {
    await this.cloud.table(TABLE, "id, at:N", {
      attributes: "group, rank:N",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      LocalSecondaryIndexes: [
        {
          IndexName: "by-rank",
          KeySchema: [
            { AttributeName: "id", KeyType: "HASH" },
            { AttributeName: "rank", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-group",
          KeySchema: [
            { AttributeName: "group", KeyType: "HASH" },
            { AttributeName: "rank", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["note"] },
        },
      ],
    });
  }

  async play(one: Step): Promise<void> {
    if (one.kind === "index") return this.addIndex();
    const changes = (one.kind === "one" ? [one.change] : one.changes).filter(saysSomething);
    if (changes.length === 0) return;
    if (one.kind === "batch") return this.#batch(changes);
    const { items, changes: before } = this.oracle;
    const trial = { items: new Map(items), changes: [...before] };
    const held = changes.map((changed) => this.oracle.apply(changed));
    const all = held.every((passed) => passed);
    if (!all) Object.assign(this.oracle, trial);
    if (one.kind === "transaction") return this.#transaction(changes, held);
    const request = requestOf(changes[0]!);
    const done = request.Put
      ? this.cloud.call("PutItem", request.Put)
      : request.Update
        ? this.cloud.call("UpdateItem", request.Update)
        : this.cloud.call("DeleteItem", request.Delete!);
    if (all) await done;
    else await assert.rejects(done, { code: "ConditionalCheckFailedException" });
  }

  async #transaction(changes: readonly Change[], held: readonly boolean[]): Promise<void> {
    const done = this.cloud.call("TransactWriteItems", { TransactItems: changes.map(requestOf) });
    if (held.every((passed) => passed)) {
      await done;
      return;
    }
    const codes = held.map((passed) => (passed ? "None" : "ConditionalCheckFailed"));
    await assert.rejects(done, (error: { fields: { CancellationReasons: { Code: string }[] } }) => {
      assert.deepEqual(
        error.fields.CancellationReasons.map(({ Code }) => Code),
        codes,
      );
      return true;
    });
  }

  async #batch(changes: readonly Change[]): Promise<void> {
    const unconditional = changes.flatMap((changed) =>
      changed.do === "update" ? [] : [{ ...changed, onlyNew: false }],
    );
    if (unconditional.length === 0) return;
    for (const changed of unconditional) this.oracle.apply(changed);
    await this.cloud.call("BatchWriteItem", {
      RequestItems: {
        [TABLE]: unconditional.map((changed) =>
          changed.do === "delete"
            ? { DeleteRequest: { Key: keyOf(changed.at) } }
            : { PutRequest: { Item: { ...keyOf(changed.at), ...attributesOf(changed.with) } } },
        ),
      },
    });
  }

  async addIndex(): Promise<void> {
    if (this.late) return;
    this.late = true;
    await this.cloud.call("UpdateTable", {
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: "note", AttributeType: "S" }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: "by-note",
            KeySchema: [{ AttributeName: "note", KeyType: "HASH" }],
            Projection: { ProjectionType: "ALL" },
          },
        },
      ],
    });
  }

  async check(): Promise<void> {
    await this.addIndex();
    await this.cloud.advance(0);
    const all = [...this.oracle.items.values()];
    assert.deepEqual(inOrder(await this.#scan({ TableName: TABLE })), inOrder(all));
    for (const segments of [2, 5]) {
      const parts: Item[] = [];
      for (let Segment = 0; Segment < segments; Segment += 1)
        parts.push(...(await this.#scan({ TableName: TABLE, Segment, TotalSegments: segments })));
      assert.deepEqual(inOrder(parts), inOrder(all), "segments");
    }
    for (const id of ["h0", "h1", "h2"]) {
      await this.#checkQuery(all, undefined, ["id", "at"], id, undefined);
      await this.#checkQuery(all, "by-rank", ["id", "rank"], id, ["id", "at", "rank"]);
    }
    for (const group of ["a", "b"]) {
      const held = ["id", "at", "group", "rank", "note"];
      await this.#checkQuery(all, "by-group", ["group", "rank"], group, held);
    }
    for (const note of ["x", "yy"])
      await this.#checkQuery(all, "by-note", ["note"], note, undefined);
    await this.#checkCounts(all);
    await this.#checkStream();
  }

  /** All pages, of two items each. */
  async #scan(input: ScanInput): Promise<Item[]> {
    const items: Item[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await this.cloud.call("Scan", { ...input, Limit: 2, ExclusiveStartKey });
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  async #query(input: QueryInput): Promise<Item[]> {
    const items: Item[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await this.cloud.call("Query", { ...input, Limit: 2, ExclusiveStartKey });
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  async #checkQuery(
    all: readonly Item[],
    IndexName: string | undefined,
    key: readonly [string, string?],
    value: string,
    held: readonly string[] | undefined,
  ): Promise<void> {
    const [hash, range] = key;
    const expected = all
      .filter((one) => one[hash]?.S === value && (range === undefined || one[range]))
      .map((one) =>
        held
          ? Object.fromEntries(Object.entries(one).filter(([name]) => held.includes(name)))
          : one,
      );
    for (const ScanIndexForward of [true, false]) {
      const found = await this.#query({
        TableName: TABLE,
        IndexName,
        KeyConditionExpression: "#h = :v",
        ExpressionAttributeNames: { "#h": hash },
        ExpressionAttributeValues: { ":v": { S: value } },
        ScanIndexForward,
      });
      assert.deepEqual(inOrder(found), inOrder(expected), `${IndexName} ${value}`);
      if (range === undefined) continue;
      const ranks = found.map((one) => Number(one[range]!.N));
      const order = [...ranks].sort((a, b) => (ScanIndexForward ? a - b : b - a));
      assert.deepEqual(ranks, order);
    }
  }

  async #checkCounts(all: readonly Item[]): Promise<void> {
    const { Table } = await this.cloud.call("DescribeTable", { TableName: TABLE });
    const counts = Object.fromEntries(
      [...(Table?.GlobalSecondaryIndexes ?? []), ...(Table?.LocalSecondaryIndexes ?? [])].map(
        ({ IndexName, ItemCount }) => [IndexName, ItemCount],
      ),
    );
    assert.equal(Table?.ItemCount, all.length);
    assert.deepEqual(counts, {
      "by-rank": all.filter(({ rank }) => rank).length,
      "by-group": all.filter(({ rank, group }) => rank && group).length,
      "by-note": all.filter(({ note }) => note).length,
    });
  }

  async #checkStream(): Promise<void> {
    const { Table } = await this.cloud.call("DescribeTable", { TableName: TABLE });
    const StreamArn = Table?.LatestStreamArn;
    const { StreamDescription } = await this.cloud.streams("DescribeStream", { StreamArn });
    const { ShardIterator } = await this.cloud.streams("GetShardIterator", {
      StreamArn,
      ShardId: StreamDescription?.Shards?.[0]?.ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    const { Records = [] } = await this.cloud.streams("GetRecords", { ShardIterator });
    const told = Records.map(({ eventName, dynamodb }) => ({
      name: eventName,
      before: sorted(dynamodb?.OldImage),
      after: sorted(dynamodb?.NewImage),
    }));
    const expected = this.oracle.changes.map(({ name, before, after }) => ({
      name,
      before: sorted(before),
      after: sorted(after),
    }));
    assert.deepEqual(told, expected);
  }
}

test("whatever is written, table, indexes, counts and stream say the same as a map would", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await using cloud = new TestCloud();
      const play = new Play(cloud);
      await play.start();
      for (const one of steps) await play.play(one);
      await play.check();
    }),
    { numRuns: 60 },
  );
});
