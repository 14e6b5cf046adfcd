import assert from "node:assert";
import { test } from "node:test";
import { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";
import { loadModel } from "../gateway/model/model.ts";
import { type Shape, shapeOf } from "../gateway/model/shape.ts";
import { valuesOf } from "../gateway/wire/testing.ts";
import { type ServiceName, sdks } from "../sdk.ts";
import type { Json } from "../states-language/definition.ts";
import { type Conversion, ParameterError, toInput, toResult } from "./parameters.ts";

const JAVA: Conversion = { naming: "java", bytes: "text" };
const RUNS = { numRuns: 4 };
const OPERATION = 9;

async function inputOf(service: ServiceName, operation: string): Promise<Shape> {
  const { operations } = await loadModel(service);
  return operations.get(operation)!.input;
}

for (const service of Object.keys(sdks) as ServiceName[])
  test(`What any operation of ${service} takes or gives becomes JSON, and out of JSON again what it was`, async () => {
    const client = await sdks[service].load();
    for (const exported of Object.values(client)) {
      if (!Array.isArray(exported) || exported[0] !== OPERATION) continue;
      for (const schema of exported.slice(4, 6)) {
        const normalized = NormalizedSchema.of(schema);
        if (normalized.isStructSchema() && normalized.getEventStreamMember() !== "") continue;
        const everything = {
          controlCharacters: true,
          empties: true,
          documents: true,
          protoKeys: true,
        };
        const values = valuesOf(normalized, everything);
        if (!values) continue;
        const shape = shapeOf(schema);
        fc.assert(
          fc.property(values, fc.constantFrom("java", "api"), (value, naming) => {
            const conversion = { naming, bytes: "base64" } as const;
            const result = JSON.parse(JSON.stringify(toResult(shape, value, conversion))) as Json;
            assert.deepEqual(plain(toInput(shape, result, conversion)), plain(value), exported[2]);
          }),
          RUNS,
        );
      }
    }
  });

/** Bytes are bytes, in whichever class; and -0 is 0. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date || typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .map(([key, item]) => [key, plain(item)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

test("Text goes as it is, and anything else that is given for text as JSON (test_sfn_start_execution_implicit_json_serialisation, test_s3_put_object of LocalStack's recorded histories)", async () => {
  const shape = await inputOf("sfn", "StartExecution");
  const input = (value: Json) => toInput(shape, { Input: value }, JAVA);
  assert.deepEqual(input('{"a": 1}'), { input: '{"a": 1}' });
  assert.deepEqual(input({ a: [1, null] }), { input: '{"a":[1,null]}' });
  assert.deepEqual(input(["List", "Data"]), { input: '["List","Data"]' });
  assert.deepEqual(input(0), { input: "0" });
  assert.deepEqual(input(false), { input: "false" });
  assert.deepEqual(input(null), {});
});

test("Bytes are their text in UTF-8, those of DynamoDB's attributes Base 64", async () => {
  const payload = await inputOf("lambda", "Invoke");
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(text, (text) => {
      const input = toInput(payload, { Payload: text }, JAVA) as { Payload: Buffer };
      assert.equal(input.Payload.toString(), text);
      assert.deepEqual(toResult(payload, input, JAVA), { Payload: text });
    }),
  );
  const item = await inputOf("dynamodb", "PutItem");
  const bytes = toInput(item, { Item: { a: { B: "AAH/" } } }, { naming: "java", bytes: "base64" });
  assert.deepEqual(plain(bytes), plain({ Item: { a: { B: [0, 1, 255] } } }));
});

test("A DynamoDB attribute has the types that the SDK for Java names, and those of the API are taken too", async () => {
  const item = await inputOf("dynamodb", "PutItem");
  const attributes = { yes: { BOOL: true }, no: { NULL: true }, set: { SS: ["a"] } };
  const shown = { yes: { Bool: true }, no: { Nul: true }, set: { Ss: ["a"] } };
  const input = { Item: attributes };
  assert.deepEqual(toResult(item, input, JAVA), { Item: shown });
  assert.deepEqual(toInput(item, { Item: shown }, JAVA), input);
  assert.deepEqual(toInput(item, { Item: attributes }, JAVA), input);
  assert.deepEqual(toResult(item, input, { naming: "api", bytes: "base64" }), input);
});

test("An instant is in ISO 8601 with an SDK's integration, in milliseconds with an optimized one; both take either", async () => {
  const { operations } = await loadModel("sfn");
  const shape = operations.get("StartExecution")!.output;
  const startDate = new Date("2026-01-02T03:04:05.678Z");
  const seconds = 1_767_323_045.678;
  const optimized = { naming: "api", bytes: "text" } as const;
  assert.deepEqual(toResult(shape, { startDate }, JAVA), { StartDate: "2026-01-02T03:04:05.678Z" });
  assert.deepEqual(toResult(shape, { startDate }, optimized), { StartDate: seconds * 1000 });
  assert.deepEqual(toInput(shape, { StartDate: "2026-01-02T04:04:05.678+01:00" }, JAVA), {
    startDate,
  });
  assert.deepEqual(toInput(shape, { StartDate: seconds }, JAVA), { startDate });
  assert.deepEqual(toInput(shape, { StartDate: seconds * 1000 }, optimized), { startDate });
});

test("Everything that does not fit is told at once", async () => {
  const shape = await inputOf("sqs", "SendMessage");
  const parameters = {
    QueueUrl: "q",
    Foo: 1,
    DelaySeconds: "soon",
    MessageAttributes: { a: "text", b: { Bar: 2 } },
  };
  assert.throws(
    () => toInput(shape, parameters, JAVA),
    (error: unknown) => {
      assert(error instanceof ParameterError);
      assert.deepEqual(error.problems, [
        "The field 'Foo' is not supported by Step Functions",
        "The value for the field 'DelaySeconds' must be a NUMBER",
        "The value for the field 'a' must be an OBJECT",
        "The field 'Bar' is not supported by Step Functions",
      ]);
      return true;
    },
  );
  assert.throws(() => toInput(shape, [], JAVA), ParameterError);
});
