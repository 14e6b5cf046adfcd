import { describeSemaphore, listLines } from "../semaphore/describe.ts";
import { releaseHolders } from "../semaphore/release.ts";
import { listSemaphores, openTable, type SemaphoreTable } from "../semaphore/table.ts";
import { watchSemaphore } from "../semaphore/watch.ts";
import { parseOptions, UsageError } from "../usage.ts";

export const help = `flyball semaphore: look after the semaphores of a DynamoDB table

  flyball semaphore list    --table locks                  all of them: held, limit, waiting
  flyball semaphore show    --table locks --name ocr       who holds what since when, who waits
  flyball semaphore release --table locks --name ocr --owner <owner>
                                                           take an owner's units from it
  flyball semaphore watch   --table locks --name ocr       the same as show, drawn over time, until Ctrl-C

  --table <name>          the table
  --name <name>           the semaphore
  --key-attribute <name>  the table's partition key (the table is asked)
  --endpoint <url>        where DynamoDB is (AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, or AWS itself)
  --region <region>       the Region (AWS_REGION, or the profile's)
  --json                  as a JSON object; watch: one a line

release:
  --owner <owner>         an owner, an execution's ARN, or a fencing token, as show prints them
  --units <n>             how many units an execution holds, which the item does not say (1)
  --yes                   do not ask

watch:
  --interval <s>          look so often (1)
  --minutes <n>           how much the drawing goes back, from when it began (5)
  --count <n>             look so many times, then end

Credentials come from the usual places (AWS_ACCESS_KEY_ID, AWS_PROFILE, …). A cloud on this machine needs none.
`;

const ACTIONS = ["list", "show", "release", "watch"] as const;

export async function run(words: string[]): Promise<number> {
  const [action, ...rest] = words;
  const known = ACTIONS.find((each) => each === action);
  if (known === undefined)
    throw new UsageError(
      action === undefined || action.startsWith("-")
        ? `flyball semaphore takes ${ACTIONS.join(", ")} first.`
        : `flyball semaphore has no "${action}". There is: ${ACTIONS.join(", ")}.`,
    );
  return actions[known](rest);
}

const COMMON = {
  table: { type: "string" },
  "key-attribute": { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
  json: { type: "boolean", default: false },
} as const;
const NAMED = { ...COMMON, name: { type: "string" } } as const;

const actions: Record<(typeof ACTIONS)[number], (words: string[]) => Promise<number>> = {
  list: async (words) => {
    const options = parseOptions(words, COMMON);
    await using table = await opened(options);
    const semaphores = await listSemaphores(table);
    print(options.json ? JSON.stringify({ semaphores }) : listLines(semaphores, table.name));
    return 0;
  },

  show: async (words) => {
    const options = parseOptions(words, NAMED);
    const name = required("name", options.name);
    await using table = await opened(options);
    const inspection = await table.inspect(name);
    print(options.json ? JSON.stringify(inspection) : describeSemaphore(inspection));
    return 0;
  },

  release: async (words) => {
    const options = parseOptions(words, {
      ...NAMED,
      owner: { type: "string" },
      units: { type: "string", default: "1" },
      yes: { type: "boolean", default: false },
    });
    const name = required("name", options.name);
    const owner = required("owner", options.owner);
    const units = positive("units", options.units, Number.isSafeInteger);
    await using table = await opened(options);
    return releaseHolders(table, { name, owner, units, yes: options.yes, json: options.json });
  },

  watch: async (words) => {
    const options = parseOptions(words, {
      ...NAMED,
      interval: { type: "string", default: "1" },
      minutes: { type: "string", default: "5" },
      count: { type: "string" },
    });
    const name = required("name", options.name);
    const intervalMs = positive("interval", options.interval) * 1000;
    const windowMs = positive("minutes", options.minutes) * 60_000;
    const count =
      options.count === undefined
        ? undefined
        : positive("count", options.count, Number.isSafeInteger);
    await using table = await opened(options);
    return watchSemaphore(table, { name, intervalMs, windowMs, count, json: options.json });
  },
};

function opened(options: {
  readonly table?: string | undefined;
  readonly "key-attribute"?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}): Promise<SemaphoreTable> {
  return openTable({
    name: required("table", options.table),
    keyAttribute: options["key-attribute"],
    endpoint: options.endpoint,
    region: options.region,
  });
}

function required(option: string, given: string | undefined): string {
  if (given === undefined || given === "") throw new UsageError(`It needs --${option}.`);
  return given;
}

function positive(
  option: string,
  given: string,
  suits: (number: number) => boolean = Number.isFinite,
): number {
  const number = Number(given);
  if (given.trim() === "" || !suits(number) || number <= 0)
    throw new UsageError(`--${option} takes a number above 0, not "${given}".`);
  return number;
}

function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}
