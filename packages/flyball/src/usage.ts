import { type ParseArgsConfig, parseArgs } from "node:util";

/** The words of a command were wrong: exit code 2. */
export class UsageError extends Error {}

/** Parses a command's options. Throws a {@link UsageError} that says what is wrong. */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  words: string[],
  options: T,
) {
  try {
    return parseArgs({ args: words, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" && unknown !== undefined)
      throw new UsageError(`There is no option ${unknown}.`);
    throw new UsageError(message);
  }
}

/** One of a few words, or a {@link UsageError} that lists them. */
export function oneOf<T extends string>(option: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === given);
  if (found === undefined)
    throw new UsageError(`--${option} takes ${allowed.join(" or ")}, not "${given}".`);
  return found;
}

/** A port, 0 for any free one, or a {@link UsageError}. */
export function portOf(given: string): number {
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || given.trim() === "")
    throw new UsageError(`--port takes a number from 0 to 65535, not "${given}".`);
  return port;
}
