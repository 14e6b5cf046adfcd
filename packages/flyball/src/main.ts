#!/usr/bin/env node
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
    summary: "print every loop that was stopped, and its path",
    load: () => import("./commands/loops.ts"),
  },
  faults: {
    summary: "let calls fail or wait, as AWS sometimes does",
    load: () => import("./commands/faults.ts"),
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
  run(words: string[]): Promise<number>;
}

const EXIT_USAGE = 2;

async function main([name, ...words]: string[]): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return name === undefined ? EXIT_USAGE : 0;
  }
  if (name === "--version" || name === "-v") {
    const { version } = await import("./version.ts");
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name))
    throw new UsageError(`There is no command "${name}".\n\n${help()}`);
  // The line above has checked that the name is one of the table's.
  const command: Command = await commands[name as keyof typeof commands].load();
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(words);
}

function help(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  flyball ${name.padEnd(8)} ${summary}`,
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const usage = error instanceof UsageError;
    process.stderr.write(`flyball: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = usage ? EXIT_USAGE : 1;
  },
);
