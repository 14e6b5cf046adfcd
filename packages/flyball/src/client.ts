/** Where a command finds the running cloud, when neither option nor environment say. */
export const DEFAULT_ENDPOINT = "http://127.0.0.1:4566";

/** Nothing answers at the endpoint. */
export class NotRunning extends Error {
  constructor(endpoint: string) {
    super(`Nothing answers at ${endpoint}. Start it with: flyball start`);
  }
}

export function endpointOf(option: string | undefined): string {
  return (option ?? process.env.AWS_ENDPOINT_URL ?? DEFAULT_ENDPOINT).replace(/\/$/, "");
}

/** Asks the running cloud under `/_flyball`. Rejects with {@link NotRunning}, or with what the cloud says is wrong. */
export async function ask<T>(
  endpoint: string,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  content?: unknown,
): Promise<T> {
  const answer = await request(endpoint, method, path, content);
  return (await answer.json()) as T;
}

/** The lines of an answer that goes on until one of both ends it. */
export async function* follow<T>(endpoint: string, path: string): AsyncGenerator<T> {
  const { body } = await request(endpoint, "GET", path);
  if (!body) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) yield JSON.parse(line) as T;
  }
}

async function request(
  endpoint: string,
  method: string,
  path: string,
  content?: unknown,
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${endpoint}/_flyball${path}`, {
      method,
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
  } catch {
    throw new NotRunning(endpoint);
  }
  if (answer.ok) return answer;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new Error(message ?? `${endpoint} answered ${answer.status}: is it Flyball?`);
}
