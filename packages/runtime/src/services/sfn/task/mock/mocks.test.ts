import assert from "node:assert";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ServiceError } from "../../../../errors.ts";
import { StatesError } from "../../../../states-language/states-error.ts";
import { mockConfiguration, readMockConfiguration } from "./configuration.ts";
import { Mocks, splitTestCase } from "./mocks.ts";

/**
 * The format: Step Functions developer guide, "Configuration file for mocked service integrations in Step Functions"
 * and "Using mocked service integrations for testing in Step Functions Local".
 */
const ORDERS = {
  StateMachines: {
    Orders: {
      TestCases: { HappyPath: { Charge: "Charged", Ship: "Shipped" }, Retried: { Charge: "Busy" } },
    },
  },
  MockedResponses: {
    Charged: { "0": { Return: { StatusCode: 200, Payload: { paid: true } } } },
    Shipped: { "0": { Return: "parcel 1" }, "1": { Return: null } },
    Busy: {
      "0": { Throw: { Error: "Lambda.TooManyRequestsException", Cause: "Rate Exceeded." } },
      "1-2": { Throw: { Error: "Lambda.Unknown", Cause: "gone" } },
      "3": { Return: [1] },
    },
  },
};

/** Mocks out of a file that a test can write again. */
class MockFile implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "flyball-mocks-"));
  readonly path = join(this.#directory, "MockConfigFile.json");
  #writes = 0;

  constructor(configuration: unknown) {
    this.write(configuration);
  }

  write(configuration: unknown): void {
    writeFileSync(
      this.path,
      typeof configuration === "string" ? configuration : JSON.stringify(configuration),
    );
    // Two writes within a file system's tick would have the same time.
    this.#writes += 1;
    utimesSync(this.path, this.#writes, this.#writes);
  }

  mocks(): Mocks {
    const mocks = new Mocks();
    mocks.use(this.path);
    return mocks;
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

function validation(message: RegExp) {
  return (error: unknown) =>
    error instanceof ServiceError &&
    error.code === "ValidationException" &&
    message.test(error.message);
}

function runtimeError(cause: RegExp) {
  return (error: unknown) =>
    error instanceof StatesError && error.error === "States.Runtime" && cause.test(error.cause);
}

test("A test case stands behind the state machine's ARN", () => {
  const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";
  assert.deepEqual(splitTestCase(`${arn}#HappyPath`), { arn, testCase: "HappyPath" });
  assert.deepEqual(splitTestCase(arn), { arn });
  // So does Step Functions Local 2.0.0 (floci's documentation of Step Functions).
  assert.deepEqual(splitTestCase(`${arn}#`), { arn });
});

test("A mocked state answers by the number of its invocation, one by one or by ranges; another state is not mocked", () => {
  using file = new MockFile(ORDERS);
  const mocks = file.mocks();
  const busy = (invocation: number) => mocks.responseFor("Orders", "Retried", "Charge", invocation);
  assert.deepEqual(busy(0), {
    kind: "throw",
    error: "Lambda.TooManyRequestsException",
    cause: "Rate Exceeded.",
  });
  assert.deepEqual(busy(1), { kind: "throw", error: "Lambda.Unknown", cause: "gone" });
  assert.deepEqual(busy(2), busy(1));
  assert.deepEqual(busy(3), { kind: "return", result: [1] });
  assert.deepEqual(mocks.responseFor("Orders", "HappyPath", "Ship", 1), {
    kind: "return",
    result: null,
  });
  assert.equal(mocks.responseFor("Orders", "Retried", "Ship", 0), undefined);
});

test("An invocation for which nothing is given fails the execution", () => {
  using file = new MockFile(ORDERS);
  const mocks = file.mocks();
  assert.throws(
    () => mocks.responseFor("Orders", "HappyPath", "Charge", 1),
    runtimeError(/'Charged' gives nothing for invocation 1 of the state 'Charge'/),
  );
});

test("What no state comes to may be empty or missing (as with Step Functions Local: floci issue 2523)", () => {
  using file = new MockFile({
    StateMachines: { Orders: { TestCases: { One: { Charge: "Empty", Ship: "Nowhere" } } } },
    MockedResponses: { Empty: {} },
  });
  const mocks = file.mocks();
  mocks.check("Orders", "One");
  assert.throws(
    () => mocks.responseFor("Orders", "One", "Charge", 0),
    runtimeError(/'Empty' gives nothing for invocation 0/),
  );
  assert.throws(
    () => mocks.responseFor("Orders", "One", "Ship", 0),
    runtimeError(/no 'Nowhere', which the state 'Ship' names/),
  );
});

test("A test case that there is not is refused with those that there are", () => {
  using file = new MockFile(ORDERS);
  const mocks = file.mocks();
  mocks.check("Orders", "HappyPath");
  assert.throws(
    () => mocks.check("Orders", "Sad"),
    validation(/'Sad'.*has 'HappyPath', 'Retried'/),
  );
  assert.throws(() => mocks.check("Order", "HappyPath"), validation(/'Order': .* has 'Orders'/));
  assert.throws(() => new Mocks().check("Orders", "Sad"), validation(/--sfn-mock-config/));
});

test("The file is read again when an execution starts and it has changed; until then what was read holds", () => {
  using file = new MockFile(ORDERS);
  const mocks = file.mocks();
  mocks.check("Orders", "HappyPath");
  file.write({ StateMachines: { Orders: { TestCases: { New: {} } } }, MockedResponses: {} });
  assert.equal(mocks.responseFor("Orders", "HappyPath", "Ship", 0)?.kind, "return");
  mocks.check("Orders", "New");
  assert.throws(() => mocks.check("Orders", "HappyPath"), validation(/has 'New'/));
  file.write("{");
  assert.throws(
    () => mocks.check("Orders", "New"),
    validation(/MockConfigFile\.json cannot be used/),
  );
});

test("After a restart a test case goes on with what the file has then", () => {
  using file = new MockFile(ORDERS);
  assert.equal(file.mocks().responseFor("Orders", "HappyPath", "Ship", 0)?.kind, "return");
  assert.throws(
    () => new Mocks().responseFor("Orders", "HappyPath", "Ship", 0),
    runtimeError(/no mock configuration was given/),
  );
});

test("A configuration that cannot be used is refused with the file, the place in it and what belongs there", () => {
  const withResponse = (response: unknown) => ({
    StateMachines: {},
    MockedResponses: { Sent: response },
  });
  const cases: [configuration: unknown, message: RegExp][] = [
    ["{", /MockConfigFile\.json cannot be used: .*JSON/],
    [[], /the file must be an object/],
    [{ MockedResponses: {} }, /StateMachines is missing/],
    [{ StateMachines: {} }, /MockedResponses is missing/],
    [
      { StateMachines: { Orders: {} }, MockedResponses: {} },
      /StateMachines\.Orders\.TestCases is missing/,
    ],
    [
      { StateMachines: { Orders: { TestCases: { A: { Ship: 1 } } } }, MockedResponses: {} },
      /StateMachines\.Orders\.TestCases\.A\.Ship must be a string/,
    ],
    [withResponse({ first: { Return: 1 } }), /MockedResponses\.Sent\.first: "first" is neither/],
    [withResponse({ "3-1": { Return: 1 } }), /"3-1" is neither the number/],
    [withResponse({ "0": {} }), /MockedResponses\.Sent\.0: a response has one field/],
    [withResponse({ "0": { Return: 1, Throw: {} } }), /a response has one field/],
    [withResponse({ "0": { Throw: { Error: "E" } } }), /Sent\.0\.Throw\.Cause must be a string/],
    [
      withResponse({ "0-2": { Return: 1 }, "2": { Return: 2 } }),
      /MockedResponses\.Sent: invocation 2 is given more than one response/,
    ],
  ];
  for (const [configuration, message] of cases) {
    using file = new MockFile(configuration);
    assert.throws(() => readMockConfiguration(file.path), { message });
  }
});

test("However ranges are written, each invocation has the response of the one range that holds it", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(lengths, fc.infiniteStream(fc.boolean()), (lengths, shuffled) => {
      let next = 0;
      const ranges = lengths.map((length, index) => {
        const first = next;
        next += length;
        const key = length === 1 ? `${first}` : `${first}-${next - 1}`;
        return [key, { Return: index }] as const;
      });
      const inSomeOrder = ranges.toSorted(() => (shuffled.next().value ? 1 : -1));
      const { responses } = mockConfiguration(
        JSON.stringify({
          StateMachines: {},
          MockedResponses: { All: Object.fromEntries(inSomeOrder) },
        }),
      );
      const all = responses.get("All") ?? [];
      const told = Array.from({ length: next }, (_, invocation) =>
        all
          .filter(({ first, last }) => first <= invocation && invocation <= last)
          .map(({ response }) => response.kind === "return" && response.result),
      );
      assert.deepEqual(
        told,
        lengths.flatMap((length, index) => Array.from({ length }, () => [index])),
      );
    }),
  );
});
