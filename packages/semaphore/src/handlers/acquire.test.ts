import { after, before, describe, test } from "node:test";
import { type Runtime, startRuntime } from "../../../runtime/src/index.ts";
import { type Invoke, Stage } from "../testing/acquire-cases.ts";
import { createAcquireLock } from "./acquire.ts";
import { cases } from "./cases.ts";

describe("acquireLock, as the original function", () => {
  let runtime: Runtime;
  let stage: Stage;
  before(async () => {
    runtime = await startRuntime({ port: 0 });
    stage = await Stage.at({
      endpoint: runtime.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "000000000000", secretAccessKey: "flyball" },
    });
  });
  after(() => runtime.stop());

  const invoke: Invoke = async (event, environment) => {
    try {
      return await createAcquireLock({ client: stage.client, environment })(event);
    } catch (error) {
      // As Lambda reports it.
      const { name, message } = error as Error;
      return { errorType: name, errorMessage: message };
    }
  };

  for (const one of cases) test(one.name, () => stage.play(one, invoke, "ours"));
});
