import type { OnEvent } from "./events.ts";

export interface EmfOptions {
  /** Of CloudWatch; "Flyball/Semaphore" by default. */
  readonly namespace?: string;
  /** The dimension `Semaphore`. */
  readonly semaphore: string;
  /** Where a line goes; standard output by default, from which Lambda's logs take it. */
  readonly write?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

type Metric = readonly [name: string, unit: "Count" | "Milliseconds", value: number];

/**
 * Metrics as lines of CloudWatch's embedded metric format, without a call: `Held` and `Waiting` (of this process),
 * `WaitTime`, `HeldTime`, `Refusals`, `Timeouts`, `LeasesLost`, `Reclaims`, `Errors`. Pass it as `onEvent`.
 * Source of the format: the CloudWatch user guide, "Specification: Embedded metric format".
 */
export function emfMetrics({
  namespace = "Flyball/Semaphore",
  semaphore,
  write = (line) => process.stdout.write(`${line}\n`),
  now = Date.now,
}: EmfOptions): OnEvent {
  return (event) => {
    const metrics = metricsOf(event);
    if (metrics.length === 0) return;
    const directive = {
      Namespace: namespace,
      Dimensions: [["Semaphore"]],
      Metrics: metrics.map(([Name, Unit]) => ({ Name, Unit })),
    };
    write(
      JSON.stringify({
        _aws: { Timestamp: now(), CloudWatchMetrics: [directive] },
        Semaphore: semaphore,
        ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
      }),
    );
  };
}

function metricsOf(event: Parameters<OnEvent>[0]): Metric[] {
  switch (event.type) {
    case "acquired":
      return [...inUse(event), ["WaitTime", "Milliseconds", event.waitedMs]];
    case "released":
      return [...inUse(event), ["HeldTime", "Milliseconds", event.heldMs]];
    case "refused":
      return [["Refusals", "Count", 1]];
    case "gave up":
      return [["Timeouts", "Count", 1]];
    case "lost":
      return [["LeasesLost", "Count", 1]];
    case "reclaimed":
      return [["Reclaims", "Count", 1]];
    case "failed":
      return [["Errors", "Count", 1]];
  }
}

function inUse({ held, waiting }: { readonly held: number; readonly waiting: number }): Metric[] {
  return [
    ["Held", "Count", held],
    ["Waiting", "Count", waiting],
  ];
}
