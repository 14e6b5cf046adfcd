import { UnreachableError } from "./client.ts";
import { UsageError } from "./usage.ts";

/** What each command is, in the order in which help shows them. Loaded when called, so that each starts fast. */
const commands = {
  demo: {
    summary: "watch a runaway loop being stopped",
    load: () => import("./commands/demo.ts"),
  },
  start: { summary: "start the cloud on this machine", load: () => import("./commands/start.ts") },
  env: {
    summary: "print the exports that point a shell's AWS clients here",
    load: () => import("./commands/env.ts"),
  },
  status: {
    summary: "say whether it runs, and what it holds",
    load: () => import("./commands/status.ts"),
  },
  loops: {
    summary: "print every loop, and its path",
    load: () => import("./commands/loops.ts"),
  },
  faults: {
    summary: "let calls fail or wait, as AWS sometimes does",
    load: () => import("./commands/faults.ts"),
  },
  semaphore: {
    summary: "look after the semaphores of a DynamoDB table",
    load: () => import("./commands/semaphore.ts"),
  },
  reset: { summary: "forget everything", load: () => import("./commands/reset.ts") },
  doctor: {
    summary: "say what is on this machine that functions and clients need",
    load: () => import("./commands/doctor.ts"),
  },
} as const satisfies Record<string, { summary: string; load: () => Promise<Command> }>;

/** A command takes its words and resolves with the exit code. */
export interface Command {
  readonly help: string;
  /** Whether it goes on when nobody reads its output any more: a server does. */
  readonly outlivesReader?: boolean;
  run(words: string[]): Promise<number>;
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_UNREACHABLE = 3;

/** Runs what the words after `flyball` say. Resolves with the exit code; what is wrong is said on stderr. */
export async function runCommandLine(words: string[]): Promise<number> {
  let outlivesReader = false;
  // `flyball loops | head -1`: whoever has read enough closes the pipe, and that is no error.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (!outlivesReader) process.exit();
    });
  const [name, ...rest] = words;
  try {
    if (name === undefined) return say(help(), EXIT_USAGE);
    if (name === "--version" || name === "-v") {
      const { version } = await import("./version.ts");
      return say(`${version}\n`);
    }
    const isHelp = name === "help" || name === "--help" || name === "-h";
    if (isHelp && rest[0] === undefined) return say(help());
    const command = await commandOf(isHelp ? (rest[0] as string) : name);
    if (isHelp || rest.includes("--help") || rest.includes("-h")) return say(command.help);
    outlivesReader = command.outlivesReader ?? false;
    return await command.run(rest);
  } catch (error) {
    return complain(error, name);
  }
}

function say(text: string, exitCode = 0): number {
  process.stdout.write(text);
  return exitCode;
}

function complain(error: unknown, name: string | undefined): number {
  process.stderr.write(`flyball: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UnreachableError) return EXIT_UNREACHABLE;
  if (!(error instanceof UsageError)) return EXIT_FAILED;
  const known = name !== undefined && Object.hasOwn(commands, name) ? `${name} ` : "";
  process.stderr.write(`"flyball ${known}--help" says what there is.\n`);
  return EXIT_USAGE;
}

async function commandOf(name: string): Promise<Command> {
  if (!Object.hasOwn(commands, name))
    throw new UsageError(
      `There is no command "${name}". There is: ${Object.keys(commands).join(", ")}.`,
    );
  // The line above has checked that the name is one of the table's.
  return commands[name as keyof typeof commands].load();
}

function help(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  flyball ${name.padEnd(9)} ${summary}`,
  );
  return [
    "Flyball: a cloud on one machine that stops runaway loops as AWS stops them.",
    "",
    ...lines,
    "",
    "flyball <command> --help says what a command takes.",
    "",
  ].join("\n");
}
