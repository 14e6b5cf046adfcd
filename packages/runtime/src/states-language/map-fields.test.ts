import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject, MapState, QueryLanguage } from "./definition.ts";
import { itemEntriesOf, itemInput, itemsOf, mapLimits } from "./map-fields.ts";
import { failsWith, moment } from "./testing.ts";

const map = {
  Type: "Map",
  End: true,
  ItemProcessor: { StartAt: "A", States: { A: { Type: "Pass", End: true } } },
};

function mapOf(fields: JsonObject): MapState {
  return { ...map, ...fields } as unknown as MapState;
}

test("a Map goes over its input, what ItemsPath names, or what Items gives", async () => {
  const input = { list: [1, 2], n: 3 };
  assert.deepEqual(await itemsOf(mapOf({}), "JSONPath", moment([1])), [1]);
  assert.deepEqual(
    await itemsOf(mapOf({ ItemsPath: "$.list" }), "JSONPath", moment(input)),
    [1, 2],
  );
  assert.deepEqual(
    await itemsOf(mapOf({ InputPath: "$.list" }), "JSONPath", moment(input)),
    [1, 2],
  );
  assert.deepEqual(
    await itemsOf(mapOf({ Items: ["{% $states.input.n %}", 4] }), "JSONata", moment(input)),
    [3, 4],
  );
  await failsWith(
    itemsOf(mapOf({}), "JSONPath", moment({ foo: "bar" })),
    "States.Runtime",
    'Map state input must be an array but was: {"foo":"bar"}',
  );
  await failsWith(
    itemsOf(mapOf({ ItemsPath: "$.n" }), "JSONPath", moment(input)),
    "States.Runtime",
    'Reference path "$.n" must point to array.',
  );
  await failsWith(
    itemsOf(mapOf({ ItemsPath: "$$.State" }), "JSONPath", moment(input)),
    "States.Runtime",
    'Reference path "$.State" must point to array.',
  );
  await failsWith(
    itemsOf(mapOf({ Items: "{% 1 %}" }), "JSONata", moment(input)),
    "States.QueryEvaluationError",
    "The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', " +
      "but was 'number' for value: 1",
  );
});

test("a distributed Map goes over the members of an object too", async () => {
  const ItemProcessor = {
    ...map.ItemProcessor,
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
  };
  const entries = await itemEntriesOf(mapOf({ ItemProcessor }), "JSONPath", moment({ a: 1, b: 2 }));
  assert.deepEqual(entries, [
    { key: "a", value: 1 },
    { key: "b", value: 2 },
  ]);
});

test("ItemSelector makes an item's input from the Map's input and the item", async () => {
  const input = { list: ["x"], tag: "t" };
  const item = { index: 4, value: "x" };
  assert.equal(await itemInput(mapOf({}), "JSONPath", moment(input), item), "x");
  const template = { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "t.$": "$.tag" };
  for (const field of ["ItemSelector", "Parameters"]) {
    assert.deepEqual(
      await itemInput(mapOf({ [field]: template }), "JSONPath", moment(input), item),
      {
        i: 4,
        v: "x",
        t: "t",
      },
    );
  }
  const selector = "{% $states.context.Map.Item.Value & $states.input.tag %}";
  assert.equal(
    await itemInput(mapOf({ ItemSelector: selector }), "JSONata", moment(input), item),
    "xt",
  );
});

test("a Map's limits are checked in AWS's words (LocalStack's snapshot tests)", async () => {
  const limits = (fields: JsonObject, input: Json = {}, language: QueryLanguage = "JSONPath") =>
    mapLimits(mapOf(fields), language, moment(input));
  assert.deepEqual(await limits({}), { maxConcurrency: Number.POSITIVE_INFINITY });
  assert.deepEqual(await limits({ MaxConcurrency: 0 }), {
    maxConcurrency: Number.POSITIVE_INFINITY,
  });
  assert.deepEqual(
    await limits({ MaxConcurrencyPath: "$.n", ToleratedFailureCount: 2 }, { n: 3 }),
    {
      maxConcurrency: 3,
      toleratedCount: 2,
    },
  );
  assert.deepEqual(await limits({ ToleratedFailurePercentage: "{% 5 / 2 %}" }, {}, "JSONata"), {
    maxConcurrency: Number.POSITIVE_INFINITY,
    toleratedPercentage: 2.5,
  });
  // LocalStack's snapshots of MAP_STATE_REFERENCE_IN_MAX_CONCURRENCY_PATH, …_TOLERATED_FAILURE_PATH
  assert.deepEqual(
    await limits({ MaxConcurrencyPath: "$.n", ToleratedFailureCountPath: "$.n" }, { n: "1" }),
    { maxConcurrency: 1, toleratedCount: 1 },
  );
  await failsWith(
    limits({ MaxConcurrencyPath: "$.n" }, { n: "1.5" }),
    "States.Runtime",
    'The MaxConcurrencyPath field refers to value "1.5" which is not a valid integer: $.n',
  );
  await failsWith(
    limits({ MaxConcurrencyPath: "$.n" }, { n: "NoNumber" }),
    "States.Runtime",
    'The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.n',
  );
  await failsWith(
    limits({ ToleratedFailurePercentagePath: "$.n" }, { n: {} }),
    "States.Runtime",
    'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.n',
  );
  await failsWith(
    limits({ ToleratedFailureCountPath: "$.n" }, { n: -1 }),
    "States.Runtime",
    "ToleratedFailureCount cannot be negative.",
  );
  await failsWith(
    limits({ ToleratedFailurePercentagePath: "$.n" }, { n: 100.1 }),
    "States.Runtime",
    "ToleratedFailurePercentage must be between 0 and 100.",
  );
});
