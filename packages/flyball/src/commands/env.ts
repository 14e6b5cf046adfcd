import { endpointOf } from "../client.ts";
import { oneOf, parseOptions, UsageError } from "../usage.ts";

export const help = `flyball env: print the exports that point a shell's AWS clients here

  eval "$(flyball env)"

  --endpoint <url>    where the cloud is (AWS_ENDPOINT_URL, or http://127.0.0.1:4566)
  --account <id>      the account to act in: 12 digits (000000000000)
  --region <region>   the Region (us-east-1)
  --shell <shell>     sh, fish or powershell (sh)
  --json              as a JSON object
`;

export async function run(words: string[]): Promise<number> {
  const options = parseOptions(words, {
    endpoint: { type: "string" },
    account: { type: "string", default: "000000000000" },
    region: { type: "string", default: "us-east-1" },
    shell: { type: "string", default: "sh" },
    json: { type: "boolean", default: false },
  });
  if (!/^\d{12}$/.test(options.account))
    throw new UsageError(`--account takes 12 digits, not "${options.account}".`);
  const variables = {
    AWS_ENDPOINT_URL: endpointOf(options.endpoint),
    AWS_ACCESS_KEY_ID: options.account,
    AWS_SECRET_ACCESS_KEY: "flyball",
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    // Step Functions' clients put "sync-" before the host of two operations: sync-127.0.0.1 is found nowhere.
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
  };
  const shell = oneOf("shell", options.shell, ["sh", "fish", "powershell"]);
  const lines = Object.entries(variables).map(([name, value]) => exportLine(shell, name, value));
  process.stdout.write(options.json ? `${JSON.stringify(variables)}\n` : `${lines.join("\n")}\n`);
  return 0;
}

function exportLine(shell: "sh" | "fish" | "powershell", name: string, value: string): string {
  if (shell === "fish") return `set -gx ${name} ${quoted(value)}`;
  if (shell === "powershell") return `$Env:${name} = '${value.replaceAll("'", "''")}'`;
  return `export ${name}=${quoted(value)}`;
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
