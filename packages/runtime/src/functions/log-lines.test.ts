import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LogLines } from "./log-lines.ts";

function frame(message: string): Buffer {
  const text = Buffer.from(message);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(0xa55a0003, 0);
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, text]);
}

test("lines and frames come out as they went in, wherever the chunks are cut", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => `${text.replaceAll("\n", " ")}\n`);
  const framed = fc.string({ unit: "grapheme" });
  const piece = fc.oneof(
    line.map((message) => ({ message, bytes: Buffer.from(message) })),
    framed.map((message) => ({ message, bytes: frame(message) })),
  );
  fc.assert(
    fc.property(
      fc.array(piece),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (pieces, cuts) => {
        const seen: string[] = [];
        const lines = new LogLines((messages) => seen.push(...messages));
        const bytes = Buffer.concat(pieces.map((each) => each.bytes));
        for (let at = 0; at < bytes.length; ) {
          const length = cuts.next().value;
          lines.write(bytes.subarray(at, at + length));
          at += length;
        }
        lines.flush();
        assert.deepEqual(
          seen,
          pieces.map(({ message }) => message),
        );
      },
    ),
  );
});

test("what has no newline before a frame or at the end is a line of its own", () => {
  const seen: string[] = [];
  const lines = new LogLines((messages) => seen.push(...messages));
  lines.write(Buffer.concat([Buffer.from("part"), frame("framed"), Buffer.from("end")]));
  assert.deepEqual(seen, ["part\n", "framed"]);
  lines.flush();
  assert.deepEqual(seen, ["part\n", "framed", "end\n"]);
});

test("a line that never ends is cut at 256 KB", () => {
  const seen: string[] = [];
  const lines = new LogLines((messages) => seen.push(...messages));
  for (let i = 0; i < 5; i += 1) lines.write(Buffer.alloc(64 * 1024, "x"));
  assert.deepEqual(
    seen.map(({ length }) => length),
    [256 * 1024 + 1],
  );
});
