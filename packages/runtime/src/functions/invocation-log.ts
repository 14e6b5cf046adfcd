const TAIL_BYTES_MAX = 4096;

/**
 * The lines that the platform writes around an invocation, and the tail of all that was logged. Forms as seen in
 * CloudWatch Logs; since August 2025 the billed duration includes that of the init phase.
 */
export const platformLines = {
  initStart: (runtimeVersion: string, runtimeVersionArn: string) =>
    `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`,
  initReport: (durationMs: number, phase: "init" | "invoke", status: Status) =>
    `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}${inWords(status)}\n`,
  start: (requestId: string, version: string) =>
    `START RequestId: ${requestId} Version: ${version}\n`,
  end: (requestId: string) => `END RequestId: ${requestId}\n`,
  timedOut: (now: Date, requestId: string, seconds: number) =>
    `${now.toISOString()} ${requestId} Task timed out after ${seconds.toFixed(2)} seconds\n\n`,
  report: (report: Report) =>
    [
      `REPORT RequestId: ${report.requestId}`,
      `Duration: ${report.durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(report.durationMs + (report.initDurationMs ?? 0))} ms`,
      `Memory Size: ${report.memorySizeMegabytes} MB`,
      `Max Memory Used: ${report.memoryUsedMegabytes} MB`,
      ...(report.initDurationMs === undefined
        ? []
        : [`Init Duration: ${report.initDurationMs.toFixed(2)} ms`]),
    ].join("\t") + (report.status.kind === "success" ? "\t\n" : `${inWords(report.status)}\n`),
};

export type Status =
  | { readonly kind: "success" }
  | { readonly kind: "timeout" }
  | { readonly kind: "error"; readonly errorType: string };

export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly initDurationMs: number | undefined;
  readonly memorySizeMegabytes: number;
  readonly memoryUsedMegabytes: number;
  readonly status: Status;
}

function inWords(status: Status): string {
  if (status.kind === "success") return "";
  if (status.kind === "timeout") return "\tStatus: timeout";
  return `\tStatus: error\tError Type: ${status.errorType}`;
}

/** The last 4 KB of what it is told. */
export class LogTail {
  #text = "";

  add(messages: readonly string[]): void {
    for (const message of messages) this.#text += message;
    if (this.#text.length > 4 * TAIL_BYTES_MAX) this.#text = this.#text.slice(-TAIL_BYTES_MAX);
  }

  /** Takes what was gathered: the next invocation begins with nothing. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    if (text.length * 3 <= TAIL_BYTES_MAX) return text;
    const bytes = Buffer.from(text);
    if (bytes.length <= TAIL_BYTES_MAX) return text;
    let start = bytes.length - TAIL_BYTES_MAX;
    // A cut inside a character moves to the next one.
    while (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
    return bytes.toString("utf8", start);
  }
}
