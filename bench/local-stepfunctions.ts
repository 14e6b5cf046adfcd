/**
 * aws-local-stepfunctions behind a port, in a process of its own: `{ definition, input, executions }` runs the
 * machine so often at once, and is answered when all have ended. It keeps nothing, and calls no service.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { StateMachine } from "aws-local-stepfunctions";

interface Asked {
  readonly definition: ConstructorParameters<typeof StateMachine>[0];
  readonly input: { readonly id: string; readonly lap: number };
  readonly executions: number;
}

const server = createServer(async (request, response) => {
  const { definition, input, executions } = (await json(request)) as Asked;
  const machine = new StateMachine(definition);
  await Promise.all(Array.from({ length: executions }, () => machine.run(input).result));
  response.end("{}");
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address)
    process.stdout.write(`ready on http://127.0.0.1:${address.port}\n`);
});
process.once("SIGINT", () => process.exit(0));
