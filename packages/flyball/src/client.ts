import { UsageError } from "./usage.ts";

/** Where a command finds the running cloud, when neither option nor environment say. */
export const DEFAULT_ENDPOINT = "http://127.0.0.1:4566";
/** How long an answer may take: a cloud that is there answers at once, and forgets everything in a few seconds. */
const ANSWER_MS_MAX = 30_000;

/** There is no Flyball to ask at the endpoint. */
export class UnreachableError extends Error {
  /** What is there instead: nothing, or something that is not Flyball. */
  readonly found: "nothing" | "other";

  constructor(endpoint: string, found: "nothing" | "other", detail: string) {
    super(
      found === "nothing"
        ? `Nothing answers at ${endpoint} (${detail}). "flyball start" starts it; --endpoint or AWS_ENDPOINT_URL say where it is.`
        : `What answers at ${endpoint} is not Flyball (${detail}). --endpoint or AWS_ENDPOINT_URL say where it is.`,
    );
    this.found = found;
  }
}

/** Throws a {@link UsageError} for what is no URL. */
export function endpointOf(option: string | undefined): string {
  const [given, source] =
    option !== undefined
      ? [option, "--endpoint"]
      : [process.env.AWS_ENDPOINT_URL || DEFAULT_ENDPOINT, "AWS_ENDPOINT_URL"];
  if (!/^https?:\/\//.test(given) || !URL.canParse(given))
    throw new UsageError(`${source} takes a URL like ${DEFAULT_ENDPOINT}, not "${given}".`);
  return given.replace(/\/+$/, "");
}

/**
 * Asks the running cloud under `/_flyball`. Rejects with {@link UnreachableError}, or with what the cloud says is
 * wrong.
 */
export async function ask<T>(
  endpoint: string,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  content?: unknown,
): Promise<T> {
  const answer = await request(endpoint, path, {
    method,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
  });
  try {
    return (await answer.json()) as T;
  } catch {
    throw new UnreachableError(endpoint, "other", "its answer is no JSON");
  }
}

/** The lines of an answer that goes on until the cloud ends it, one way or another. */
export async function* follow<T>(endpoint: string, path: string): AsyncGenerator<T> {
  const { body } = await request(endpoint, path, { method: "GET" });
  if (!body) return;
  let rest = "";
  const texts = body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  for (;;) {
    // A cloud that stops closes its connections without ceremony.
    const { value: text, done } = await texts.next().catch(() => ({ value: "", done: true }));
    if (done) return;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) yield JSON.parse(line) as T;
  }
}

async function request(endpoint: string, path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${endpoint}/_flyball${path}`, init);
  } catch (error) {
    throw unreachable(endpoint, error as Error);
  }
  if (answer.ok) return answer;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  if (message === undefined)
    throw new UnreachableError(endpoint, "other", `it answers ${answer.status}`);
  throw new Error(message);
}

/** Where nothing listens there is nothing; whoever listens and does not speak HTTP is somebody else. */
const NOBODY = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function unreachable(endpoint: string, error: Error): UnreachableError {
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  const nobody = code !== undefined && NOBODY.has(code);
  return new UnreachableError(endpoint, nobody ? "nothing" : "other", code ?? message);
}
