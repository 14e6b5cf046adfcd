import { ask, endpointOf, UnreachableError } from "../client.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball status: say whether it runs, and what it holds

  --endpoint <url>    where the cloud is (AWS_ENDPOINT_URL, or http://127.0.0.1:4566)
  --json              as a JSON object

The exit code is 0 when it runs, and 1 when nothing answers there, or something else does.
`;

interface Health {
  readonly status: string;
  readonly endpoint: string;
  readonly services: readonly string[];
  readonly clock: string;
  readonly time: string;
  readonly stoppedLoops: number;
  readonly runningLoops: number;
}

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    endpoint: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const endpoint = endpointOf(options.endpoint);
  try {
    const health = await ask<Health>(endpoint, "GET", "/health");
    if (health.status !== "ready" || !Array.isArray(health.services))
      throw new UnreachableError(endpoint, "other", "it has no such health");
    process.stdout.write(options.json ? `${JSON.stringify(health)}\n` : describe(health));
    return 0;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const status = error.found === "nothing" ? "stopped" : "not flyball";
    process.stdout.write(
      options.json ? `${JSON.stringify({ status, endpoint })}\n` : `${error.message}\n`,
    );
    return 1;
  }
}

function describe(health: Health): string {
  const { endpoint, services, clock, time, stoppedLoops, runningLoops } = health;
  const loops = [
    ...(stoppedLoops === 0 ? [] : [`${stoppedLoops} stopped`]),
    ...(runningLoops === 0 ? [] : [`${runningLoops} that AWS would not stop`]),
  ].join(", ");
  return [
    `flyball is ready on ${endpoint}`,
    `  services  ${services.join(", ")}`,
    `  clock     ${clock}, ${time}`,
    `  loops     ${loops === "" ? "none" : `${loops} (flyball loops shows them)`}`,
    "",
  ].join("\n");
}
