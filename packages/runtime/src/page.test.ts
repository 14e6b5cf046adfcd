import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePageToken, encodePageToken, isKeyOfNames, isName, takePage } from "./page.ts";

const refusal = () => new Error("refused");

test("the pages of a list, one behind the other, are the list", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 5 }), (names, limit) => {
      const sorted = names.toSorted();
      const told: string[] = [];
      let token: string | undefined;
      do {
        const after = decodePageToken(token, isName, refusal);
        const left = sorted.filter((name) => after === undefined || name > after);
        const page = takePage(left, limit, (name) => name);
        assert.ok(page.items.length <= limit);
        told.push(...page.items);
        token = page.nextToken;
      } while (token !== undefined);
      assert.deepStrictEqual(told, sorted);
    }),
  );
});

test("a token that is nobody's, or another list's, is refused with the service's error", () => {
  for (const token of ["", "?", "nonsense", encodePageToken(7), encodePageToken(["a", 7])]) {
    assert.throws(() => decodePageToken(token, isName, refusal), { message: "refused" });
    assert.throws(() => decodePageToken(token, isKeyOfNames, refusal), { message: "refused" });
  }
});
