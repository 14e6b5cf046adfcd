import assert from "node:assert";
import { test } from "node:test";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { ServiceError } from "../../errors.ts";
import type { SdkModel } from "../../sdk.ts";
import { loadModel, readModel } from "../model/model.ts";
import { readCbor } from "./cbor-reader.ts";
import { jsonWire } from "./json.ts";
import { queryWire } from "./query.ts";
import { restJsonWire } from "./rest-json.ts";
import { restXmlWire } from "./rest-xml.ts";
import { rpcV2CborWire } from "./rpc-v2-cbor.ts";
import type { Wire, WireRequest } from "./wire.ts";

/** Whatever comes, a decoder reads it or refuses it with the client's fault; it never breaks. */

const RUNS = { numRuns: 500 };

type Request = Pick<WireRequest, "method" | "path" | "headers"> & { body: Buffer };

const ATTRIBUTES = { Type: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2, 3]) } };
const MESSAGE = { QueueUrl: "http://localhost/000000000000/q", MessageBody: "Hello & <world>" };

const S3: SdkModel = {
  load: () => import("@aws-sdk/client-s3"),
  signingName: "s3",
  targetPrefix: "AmazonS3",
  shapeNamespace: "com.amazonaws.s3",
  xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
  apiVersion: "2006-03-01",
  unwrappedErrors: true,
};

const sqs = () => loadModel("sqs");
const s3 = async () => readModel("s3" as never, S3, await S3.load());

const SUBJECTS: [string, Wire, () => ReturnType<typeof sqs>, Request][] = [
  [
    "JSON",
    jsonWire("1.0"),
    sqs,
    {
      method: "POST",
      path: "/",
      headers: { "x-amz-target": "AmazonSQS.SendMessage" },
      body: Buffer.from(
        JSON.stringify({
          ...MESSAGE,
          DelaySeconds: 5,
          MessageAttributes: { Type: { DataType: "Binary", BinaryValue: "AQID" } },
        }),
      ),
    },
  ],
  [
    "Query",
    queryWire,
    sqs,
    {
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: Buffer.from(
        "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%2Fq&MessageBody=Hello&DelaySeconds=5&MessageAttribute.1.Name=Type&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1.Value.BinaryValue=AQID",
      ),
    },
  ],
  [
    "RPC v2 CBOR",
    rpcV2CborWire,
    sqs,
    {
      method: "POST",
      path: "/service/AmazonSQS/operation/SendMessage",
      headers: { "smithy-protocol": "rpc-v2-cbor" },
      body: Buffer.from(
        cbor.serialize({ ...MESSAGE, DelaySeconds: 1.5, MessageAttributes: ATTRIBUTES }),
      ),
    },
  ],
  [
    "REST-JSON",
    restJsonWire,
    () => loadModel("lambda"),
    {
      method: "PUT",
      path: "/2019-09-25/functions/f%3Aprod/event-invoke-config?Qualifier=1",
      headers: {},
      body: Buffer.from(
        '{"MaximumRetryAttempts":1,"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:x"}}}',
      ),
    },
  ],
  [
    "REST-XML",
    restXmlWire,
    s3,
    {
      method: "PUT",
      path: "/key?tagging",
      headers: { "content-md5": "x" },
      body: Buffer.from(
        '<?xml version="1.0"?><Tagging xmlns="x"><TagSet><Tag><Key>a&amp;&#10;</Key><Value>b</Value></Tag></TagSet></Tagging>',
      ),
    },
  ],
];

/** One change to some bytes: flipped, cut, put in, or doubled. */
const mutations = fc.array(
  fc.record({
    how: fc.constantFrom("flip", "cut", "insert", "double"),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 16 }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc
        .constantFrom("{", "[[[[", "&", "=", "%", "<!--", "]]>", "\0", ".1.", '"', "\xff\xbf")
        .map((text) => new Uint8Array(Buffer.from(text, "latin1"))),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutated(
  original: Buffer,
  changes: typeof mutations extends fc.Arbitrary<infer T> ? T : never,
) {
  let bytes = original;
  for (const { how, at: share, length, bytes: inserted } of changes) {
    const at = Math.floor(share * bytes.length);
    const [before, middle, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ];
    if (how === "cut") bytes = Buffer.concat([before, after]);
    else if (how === "insert") bytes = Buffer.concat([before, inserted, middle, after]);
    else if (how === "double") bytes = Buffer.concat([before, middle, middle, after]);
    else bytes = Buffer.concat([before, middle.map((byte) => byte ^ (inserted[0] ?? 1)), after]);
  }
  return bytes;
}

function wireRequest({ method, path, headers, body }: Request): WireRequest {
  const [bare = "/", search = ""] = path.split("?");
  return { method, path: bare, query: new URLSearchParams(search), headers, body };
}

for (const [protocol, wire, modelOf, valid] of SUBJECTS) {
  const readOrRefused = (model: Awaited<ReturnType<typeof modelOf>>, request: WireRequest) => {
    try {
      const input = wire.decode(model, wire.route(model, request), request);
      assert.equal(typeof input, "object");
    } catch (error) {
      assert(error instanceof ServiceError, `broke: ${(error as Error).stack}`);
      const answer = wire.encodeError(model, error, "id");
      assert(answer.status >= 400 && answer.status < 500, `${answer.status}`);
    }
  };

  test(`${protocol}: the valid request is read`, async () => {
    const model = await modelOf();
    const request = wireRequest(valid);
    const input = wire.decode(model, wire.route(model, request), request);
    assert(Object.keys(input as object).length > 1);
  });

  test(`${protocol}: any bytes are read or refused`, async () => {
    const model = await modelOf();
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((t) => Buffer.from(t)),
    );
    fc.assert(
      fc.property(bodies, (body) =>
        readOrRefused(model, wireRequest({ ...valid, body: Buffer.from(body) })),
      ),
      RUNS,
    );
  });

  test(`${protocol}: valid requests with bytes flipped, cut, put in and doubled are read or refused`, async () => {
    const model = await modelOf();
    fc.assert(
      fc.property(mutations, mutations, fc.boolean(), (inBody, inPath, alsoPath) => {
        const path = alsoPath
          ? `/${mutated(Buffer.from(valid.path.slice(1)), inPath).toString("latin1")}`
          : valid.path;
        readOrRefused(model, wireRequest({ ...valid, path, body: mutated(valid.body, inBody) }));
      }),
      RUNS,
    );
  });
}

const refused = { name: "ServiceError", code: "SerializationException", httpStatus: 400 };

test("CBOR of great declared lengths and depths is refused at once", { timeout: 10_000 }, () => {
  for (const hostile of [
    "9bffffffffffffffff", // a list of 2^64 - 1
    "bb0000ffffffffffff", // a map
    "5b7fffffffffffffff", // bytes
    "7affffffff61", // text
    "9f".repeat(100_000), // lists of no told length in one another
    "bf6161".repeat(100_000), // maps
    "c1".repeat(100_000), // tags
    "81".repeat(100_000),
    "5f5f5f5f", // chunks in chunks
    "c249010000000000000000", // a bignum
    "c48201", // a decimal fraction, cut
    "ff", // a break of nothing
    "a1", // a map without its entry
    "0000", // two items
    "1c", // a reserved length
    "f8ff", // a reserved simple value
    "",
  ])
    assert.throws(() => readCbor(Buffer.from(hostile, "hex")), refused, hostile.slice(0, 20));
});

test("CBOR is read as the SDK's own decoder reads it, whatever was written", () => {
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string({ unit: "binary" }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array(),
      fc.array(tie("value"), { maxLength: 40 }),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        tie("value"),
        {
          noNullPrototype: true,
        },
      ),
    ),
  }));
  fc.assert(
    fc.property(values.value, (value) => {
      const bytes = Buffer.from(cbor.serialize(value));
      assert.deepEqual(readCbor(bytes), cbor.deserialize(bytes));
    }),
    { numRuns: 150 },
  );
});

test("CBOR of told and untold lengths, half floats and times reads as RFC 8949 has it (appendix A)", () => {
  const read = (hex: string) => readCbor(Buffer.from(hex, "hex"));
  assert.equal(read("f93e00"), 1.5);
  assert.equal(read("f9fc00"), Number.NEGATIVE_INFINITY);
  assert.equal(read("f90001"), 2 ** -24);
  assert.equal(read("fa47c35000"), 100_000);
  assert.equal(read("3903e7"), -1000);
  assert.equal(read("7f657374726561646d696e67ff"), "streaming");
  assert.deepEqual(read("9f018202039f0405ffff"), [1, [2, 3], [4, 5]]);
  assert.deepEqual({ ...(read("bf61610161629f0203ffff") as object) }, { a: 1, b: [2, 3] });
  assert.deepEqual(read("c11a514b67b0"), { seconds: 1_363_896_240 });
});

test("A form of too many fields or parts is refused", async () => {
  const model = await sqs();
  const decode = (body: string) => {
    const request = wireRequest({
      method: "POST",
      path: "/",
      headers: {},
      body: Buffer.from(body),
    });
    return queryWire.decode(model, queryWire.route(model, request), request);
  };
  assert.throws(() => decode(`Action=ListQueues${"&a".repeat(30_000)}`), refused);
  assert.throws(() => decode(`Action=ListQueues&${"a.".repeat(1_000)}=1`), refused);
  const wide = Array.from({ length: 15_000 }, (_, index) => `&${index}${".a".repeat(200)}=1`);
  assert.throws(() => decode(`Action=ListQueues${wide.join("")}`), refused);
  assert.deepEqual(decode(`Action=ListQueues${"&a=1".repeat(10_000)}`), {});
});
