import { statSync } from "node:fs";
import type { Cloud } from "../../../../cloud.ts";
import { ServiceError } from "../../../../errors.ts";
import { StatesError } from "../../../../states-language/states-error.ts";
import {
  type MockConfiguration,
  type MockedResponse,
  readMockConfiguration,
} from "./configuration.ts";

/** The ARN of a state machine as StartExecution is given it, and the test case that it names behind a `#`. */
export interface MachineAndTestCase {
  readonly arn: string;
  readonly testCase?: string;
}

/**
 * `…:stateMachine:Orders#HappyPath` as its two parts; with nothing behind the `#` it is no test case. Source: Step
 * Functions developer guide, "Using mocked service integrations for testing in Step Functions Local".
 */
export function splitTestCase(stateMachineArn: string): MachineAndTestCase {
  const [arn = "", ...rest] = stateMachineArn.split("#");
  const testCase = rest.join("#");
  return testCase === "" ? { arn } : { arn, testCase };
}

/**
 * The answers that test cases give in place of services, out of a file that is read again when it has changed: a test
 * case can be written while the cloud runs.
 */
export class Mocks {
  #path: string | undefined;
  #configuration: MockConfiguration | undefined;
  #version = "";

  /** Takes the configuration from this file, when it is first asked for. */
  use(path: string): void {
    this.#path = path;
  }

  /**
   * Whether an execution can be started as a test case. Throws ValidationException where there is no such test case,
   * or the file is no longer one that can be read.
   */
  check(machineName: string, testCase: string): void {
    try {
      this.#refresh();
    } catch (error) {
      throw validation((error as Error).message);
    }
    const cases = this.#configuration?.testCases.get(machineName);
    if (cases?.has(testCase)) return;
    throw validation(
      `There is no test case '${testCase}' of the state machine '${machineName}': ${this.#known(machineName)}`,
    );
  }

  /**
   * What a state's task comes to in a test case; undefined where the test case does not mock the state, and the
   * service is called. `invocation` counts the tasks that the state began in the execution before this one: retries,
   * rounds of a loop and items of a Map go on counting (as Step Functions Local 2.0.0 does: floci issue 3254).
   *
   * Throws `States.Runtime` where the state is mocked, and nothing is given for this invocation.
   */
  responseFor(
    machineName: string,
    testCase: string,
    stateName: string,
    invocation: number,
  ): MockedResponse | undefined {
    const { testCases, responses } = this.#loaded();
    const states = testCases.get(machineName)?.get(testCase);
    if (!states) throw runtime(`There is no test case '${testCase}' any more.`);
    const name = states.get(stateName);
    if (name === undefined) return undefined;
    const mocked = responses.get(name);
    if (!mocked)
      throw runtime(
        `The mock configuration has no '${name}', which the state '${stateName}' names.`,
      );
    const found = mocked.find(({ first, last }) => first <= invocation && invocation <= last);
    if (!found)
      throw runtime(
        `The mocked response '${name}' gives nothing for invocation ${invocation} of the state '${stateName}'.`,
      );
    return found.response;
  }

  /** As an execution finds it that has begun: what was last read, or after a restart the file. */
  #loaded(): MockConfiguration {
    try {
      if (!this.#configuration) this.#refresh();
    } catch (error) {
      throw runtime((error as Error).message);
    }
    if (!this.#configuration) throw runtime(`A test case cannot go on: ${this.#known("")}`);
    return this.#configuration;
  }

  #refresh(): void {
    if (this.#path === undefined) return;
    const { mtimeMs, size } = statSync(this.#path, { throwIfNoEntry: false }) ?? {};
    const version = `${mtimeMs} ${size}`;
    if (this.#configuration && version === this.#version) return;
    this.#configuration = readMockConfiguration(this.#path);
    this.#version = version;
  }

  /** What there is instead, for whoever mistyped a name. */
  #known(machineName: string): string {
    if (this.#path === undefined)
      return "no mock configuration was given (flyball start --sfn-mock-config <file>, or SFN_MOCK_CONFIG)";
    const testCases = this.#configuration?.testCases ?? new Map();
    const cases = testCases.get(machineName);
    if (cases) return `${this.#path} has ${listed([...cases.keys()])} of it`;
    return `${this.#path} has ${listed([...testCases.keys()])}`;
  }
}

export function mocksOf(cloud: Cloud): Mocks {
  return cloud.derived(makeMocks);
}

function makeMocks(): Mocks {
  return new Mocks();
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.map((name) => `'${name}'`).join(", ");
}

function validation(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

function runtime(cause: string): StatesError {
  return new StatesError("States.Runtime", cause);
}
