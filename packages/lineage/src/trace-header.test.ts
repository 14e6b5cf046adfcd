import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatTraceHeader,
  OTHER_FIELDS_LENGTH_MAX,
  type OtherField,
  parseTraceHeader,
  type TraceHeader,
} from "./trace-header.ts";

const ROOT = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT = "53995c3f42cd8ad8";

test("the header that Lambda gives a function is read whole and written as it was", () => {
  const text = `Root=${ROOT};Parent=${PARENT};Sampled=0;Lineage=15:a87bd80c:14`;
  const header = parseTraceHeader(text);
  assert.deepEqual(header, {
    root: ROOT,
    parent: PARENT,
    sampled: "0",
    lineage: { depth: 15, hash: "a87bd80c", count: 14 },
  });
  assert.equal(formatTraceHeader(header), text);
});

test("fields are read in any order, in any case, and with spaces around them", () => {
  const text = ` lineage = 2:A87BD80C:0 ;SAMPLED=1; parent=${PARENT.toUpperCase()};; root=${ROOT.toUpperCase()} ; `;
  assert.equal(
    formatTraceHeader(parseTraceHeader(text)),
    `Root=${ROOT};Parent=${PARENT};Sampled=1;Lineage=2:a87bd80c:0`,
  );
});

test("fields of other names keep their places and travel on, also when a lineage is added", () => {
  const text = `Self=1-67891234-12456789abcdef012345678;Root=${ROOT};CalledFrom=app;Parent=${PARENT};Sampled=1;a=b=c;A=`;
  const header = parseTraceHeader(text);
  assert.equal(formatTraceHeader(header), text);
  const lineage = { depth: 1, hash: "a87bd80c", count: 0 };
  assert.equal(
    formatTraceHeader({ ...header, lineage }),
    text.replace(";a=b=c;A=", ";a=b=c;A=;Lineage=1:a87bd80c:0"),
  );
});

test("the older form of a lineage is read as its most counted function, and written in the present form", () => {
  const { lineage } = parseTraceHeader(
    `Root=${ROOT};Lineage=a87bd80c:1|68FD508a:5|c512fbe3:2;Sampled=1`,
  );
  assert.deepEqual(lineage, { depth: 11, hash: "68fd508a", count: 5 });
  assert.deepEqual(parseTraceHeader("Lineage=a87bd80c:0").lineage, {
    depth: 1,
    hash: "a87bd80c",
    count: 0,
  });
  assert.equal(formatTraceHeader({ lineage }), "Lineage=11:68fd508a:5");
});

test("a lineage at the limits is read, one beyond them is ignored", () => {
  for (const good of ["1:00000000:0", "32767:ffffffff:255", "ffffffff:255"]) {
    assert.ok(parseTraceHeader(`Lineage=${good}`).lineage, good);
  }
  for (const bad of [
    "0:00000000:0",
    "32768:00000000:0",
    "1:00000000:256",
    "-1:00000000:0",
    "1:0000000:0",
    "1:000000000:0",
    "1:0000000g:0",
    "1:00000000",
    "1:00000000:",
    "1:00000000:0:0",
    "1.5:00000000:0",
    "ffffffff:256",
    "ffffffff:1|",
    "ffffffff:1|1:ffffffff:1",
    "",
  ]) {
    const header = parseTraceHeader(`Root=${ROOT};Lineage=${bad};Sampled=0`);
    assert.deepEqual(header, { root: ROOT, sampled: "0" }, bad);
  }
});

test("a malformed root, parent or decision is absent, and of two the first well-formed one counts", () => {
  assert.deepEqual(parseTraceHeader("Root=1-2-3;Parent=xyz;Sampled=?"), {});
  assert.deepEqual(
    parseTraceHeader(`Root=2-${ROOT.slice(2)};Root=${ROOT};Root=${ROOT.replace("5", "6")}`),
    { root: ROOT },
  );
});

test("what could break out of a header line does not travel on", () => {
  assert.deepEqual(parseTraceHeader("a=b\r\nX-Evil: 1;c=d\0;é=1;=x;loose"), {});
});

test("fields of other names travel on up to their limit, and what matters is read behind any number of them", () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `k${i}=v`).join(";");
  const header = parseTraceHeader(`${many};Lineage=3:a87bd80c:2`);
  assert.deepEqual(header.lineage, { depth: 3, hash: "a87bd80c", count: 2 });
  assert.ok(formatTraceHeader({ others: header.others }).length <= OTHER_FIELDS_LENGTH_MAX);
  assert.ok((header.others?.length ?? 0) > 400);
});

const hex = (length: number) =>
  fc.string({
    unit: fc.constantFrom(..."0123456789abcdef"),
    minLength: length,
    maxLength: length,
  });
const lineages = fc.record(
  {
    depth: fc.integer({ min: 1, max: 32_767 }),
    hash: hex(8),
    count: fc.integer({ min: 0, max: 255 }),
  },
  { noNullPrototype: true },
);
const word = fc.string({
  unit: fc.constantFrom(..."abcxyzABC0189-_:,.|"),
  minLength: 1,
  maxLength: 12,
});
const headers: fc.Arbitrary<TraceHeader> = fc
  .record(
    {
      root: fc.tuple(hex(8), hex(24)).map(([time, id]) => `1-${time}-${id}`),
      parent: hex(16),
      sampled: fc.constantFrom<"0" | "1">("0", "1"),
      lineage: lineages,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .chain((known) =>
    fc
      .array(
        fc.record(
          { name: word, value: word, at: fc.integer({ min: 0, max: Object.keys(known).length }) },
          { noNullPrototype: true },
        ),
        { maxLength: 6 },
      )
      .map((others: OtherField[]) => others.sort((a, b) => a.at - b.at))
      .map((others) => (others.length > 0 ? { ...known, others } : known)),
  );

test("every header that can be written is read back as it was", () => {
  fc.assert(
    fc.property(headers, (header) => {
      assert.deepEqual(parseTraceHeader(formatTraceHeader(header)), header);
    }),
  );
});

test("no text makes reading fail, and what was read of it is read again from what is written", () => {
  const nearly = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ";",
          "=",
          ":",
          "|",
          " ",
          "Root",
          "lineage",
          "Sampled=1",
          "Lineage=1:",
          "a87bd80c",
          "32767",
          `Root=${ROOT}`,
          `Parent=${PARENT}`,
          "Lineage=a87bd80c:1|68fd508a:5",
          "Self=x",
        ),
        headers.map(formatTraceHeader),
        fc.string({ unit: "binary", maxLength: 8 }),
      ),
      { maxLength: 24 },
    )
    .map((parts) => parts.join(""));
  const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), nearly);
  fc.assert(
    fc.property(texts, (text) => {
      const header = parseTraceHeader(text);
      assert.deepEqual(parseTraceHeader(formatTraceHeader(header)), header);
    }),
    { numRuns: 2_000 },
  );
});

test("a megabyte of anything is read without harm", () => {
  for (const piece of [";", "=", "a=", "a=b;", "Lineage=", "Lineage=a87bd80c:1|", " ", "1:", "|"]) {
    const header = parseTraceHeader(piece.repeat(1_000_000 / piece.length));
    assert.equal(header.lineage, undefined);
  }
  const pairs = `Lineage=${"a87bd80c:255|".repeat(80_000)}a87bd80c:1`;
  assert.equal(parseTraceHeader(pairs).lineage, undefined);
});
