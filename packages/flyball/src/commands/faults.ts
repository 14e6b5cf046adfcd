import { ask, endpointOf } from "../client.ts";
import { parseOptions, UsageError } from "../usage.ts";

export const help = `flyball faults: let calls fail or wait, as AWS sometimes does

  flyball faults                                   what is set
  flyball faults --service dynamodb --operation UpdateItem --share 0.2 \\
                 --error ProvisionedThroughputExceededException
  flyball faults --clear

  --service <name>    dynamodb, sqs, lambda, …: adds a fault for its calls
  --operation <name>  only this operation (every one)
  --resource <name>   only calls that name this table, queue, function, … (any)
  --share <0..1>      this share of the calls, dealt out evenly (1)
  --error <name>      the error, by its AWS name
  --message <text>    what the error says
  --status <n>        its HTTP status, where the service does not know the error
  --delay <ms>        wait so long first
  --clear             take all faults away
  --endpoint <url>    where the cloud is (AWS_ENDPOINT_URL, or http://127.0.0.1:4566)
  --json              as a JSON object
`;

interface Fault {
  readonly service: string;
  readonly operation?: string;
  readonly resource?: string;
  readonly share?: number;
  readonly error?: string;
  readonly message?: string;
  readonly httpStatus?: number;
  readonly delayMs?: number;
}

interface Report {
  readonly faults: readonly Fault[];
}

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    service: { type: "string" },
    operation: { type: "string" },
    resource: { type: "string" },
    share: { type: "string" },
    error: { type: "string" },
    message: { type: "string" },
    status: { type: "string" },
    delay: { type: "string" },
    clear: { type: "boolean", default: false },
    endpoint: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const endpoint = endpointOf(options.endpoint);
  const { service, operation, resource, error, message } = options;
  let report: Report;
  if (options.clear) report = await ask<Report>(endpoint, "DELETE", "/faults");
  else {
    report = await ask<Report>(endpoint, "GET", "/faults");
    const share = numberOf("share", options.share);
    const httpStatus = numberOf("status", options.status);
    const delayMs = numberOf("delay", options.delay);
    const given = { operation, resource, share, error, message, httpStatus, delayMs };
    if (service !== undefined)
      report = await ask<Report>(endpoint, "PUT", "/faults", [
        ...report.faults,
        { service, ...given },
      ]);
    else if (Object.values(given).some((value) => value !== undefined))
      throw new UsageError("A fault needs a --service.");
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report));
  return 0;
}

function numberOf(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (given.trim() === "" || Number.isNaN(number))
    throw new UsageError(`--${option} takes a number, not "${given}".`);
  return number;
}

function describe({ faults }: Report): string {
  if (faults.length === 0) return "No faults are set.\n";
  return `${faults.map(line).join("\n")}\n`;
}

function line({ service, operation = "*", resource, share = 1, error, delayMs }: Fault): string {
  const where = resource === undefined ? "" : ` on ${resource}`;
  const what = [
    ...(delayMs === undefined ? [] : [`waits ${delayMs} ms`]),
    ...(error === undefined ? [] : [`fails with ${error}`]),
  ].join(", then ");
  return `${service}:${operation}${where}: ${Math.round(share * 1000) / 10} % ${what}`;
}
