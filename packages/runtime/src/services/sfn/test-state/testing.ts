import type { TestStateInput, TestStateOutput } from "@aws-sdk/client-sfn";
import { ServiceError } from "../../../errors.ts";
import { defineService } from "../../../service.ts";
import { caller, machinesCloud } from "../testing.ts";

/** `greeter` greets, `breaker` throws, and nothing else exists. */
const lambda = defineService({
  name: "lambda",
  operations: {
    Invoke: (_call, { FunctionName = "", Payload }) => {
      const name = FunctionName.split(":").at(-1);
      // The SDK's type has a method more, which the wire and the door do without.
      const answer = (value: unknown) => Buffer.from(JSON.stringify(value)) as never;
      if (name === "greeter") {
        const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString());
        return { StatusCode: 200, Payload: answer(`Hello, ${event.name}`) };
      }
      if (name === "breaker")
        return {
          StatusCode: 200,
          FunctionError: "Unhandled",
          Payload: answer({ errorType: "Broken", errorMessage: "it broke" }),
        };
      throw new ServiceError("ResourceNotFoundException", `Function not found: ${FunctionName}`);
    },
  },
});

export type Request = Omit<TestStateInput, "definition" | "input"> & { input?: unknown };

/** TestState of a definition, in a cloud of its own. */
export async function run(
  definition: object,
  { input, ...rest }: Request = {},
): Promise<TestStateOutput> {
  await using cloud = machinesCloud(lambda);
  return await cloud.call(caller, "sfn", "TestState", {
    definition: JSON.stringify(definition),
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    ...rest,
  });
}

/** At DEBUG, with each part of the answer that is JSON text as a value. */
export async function inspect(definition: object, request: Request = {}): Promise<unknown> {
  const {
    inspectionData = {},
    output,
    ...rest
  } = await run(definition, {
    inspectionLevel: "DEBUG",
    ...request,
  });
  const steps = Object.entries(inspectionData).map(([step, value]) => [
    step,
    typeof value === "string" ? JSON.parse(value) : value,
  ]);
  return {
    ...rest,
    ...(output === undefined ? {} : { output: JSON.parse(output) }),
    inspectionData: Object.fromEntries(steps),
  };
}

export const functionArn = (name: string) =>
  `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;

/** A scope of one Pass state, for a Map or a branch of a Parallel. */
export const passing = (name: string) => ({
  StartAt: name,
  States: { [name]: { Type: "Pass", End: true } },
});
export const ITEM = passing("Item");
