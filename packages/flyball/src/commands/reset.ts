import { ask, endpointOf } from "../client.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball reset: forget everything, in every account and Region

  --endpoint <url>    where the cloud is (AWS_ENDPOINT_URL, or http://127.0.0.1:4566)
  --json              answer with a JSON object: the cloud as it is now

Every queue, function, message, log and alarm is gone after it. The exit code is 3 when there is no Flyball to ask.
`;

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    endpoint: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const health = await ask<object>(endpointOf(options.endpoint), "POST", "/reset");
  process.stdout.write(options.json ? `${JSON.stringify(health)}\n` : "Everything is forgotten.\n");
  return 0;
}
