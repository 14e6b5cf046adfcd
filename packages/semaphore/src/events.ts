/** What a semaphore tells: for logs, metrics, tests. */
export type SemaphoreEvent =
  | {
      readonly type: "acquired";
      readonly units: number;
      readonly token: number;
      readonly waitedMs: number;
      /** This process's units out, and its requests in line, now. */
      readonly held: number;
      readonly waiting: number;
    }
  | {
      readonly type: "released";
      readonly units: number;
      readonly token: number;
      readonly heldMs: number;
      readonly held: number;
      readonly waiting: number;
    }
  | { readonly type: "lost"; readonly token: number; readonly why: string }
  /** A request that could not be served at once: it waits in line. */
  | { readonly type: "refused"; readonly units: number }
  | { readonly type: "gave up"; readonly units: number; readonly waitedMs: number }
  /** Units of a dead owner came back. */
  | { readonly type: "reclaimed"; readonly ticket: number }
  | { readonly type: "failed"; readonly error: unknown; readonly retryInMs: number | undefined };

export type OnEvent = (event: SemaphoreEvent) => void;

/** What Powertools' logger, pino, winston and the console all have. */
export interface Logger {
  debug?(message: string, details: object): void;
  info?(message: string, details: object): void;
  warn?(message: string, details: object): void;
}

export function logTo(logger: Logger, semaphore: string): OnEvent {
  return (event) => {
    const { type, ...details } = event;
    const message = `Semaphore ${semaphore}: ${type}`;
    if (type === "lost" || type === "failed" || type === "gave up")
      logger.warn?.(message, { semaphore, ...details });
    else if (type === "reclaimed") logger.info?.(message, { semaphore, ...details });
    else logger.debug?.(message, { semaphore, ...details });
  };
}
