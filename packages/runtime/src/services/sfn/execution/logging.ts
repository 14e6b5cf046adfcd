import { randomUUID } from "node:crypto";
import type { HistoryEventType, LoggingConfiguration } from "@aws-sdk/client-sfn";
import type { Caller } from "../../../call.ts";
import type { Cloud } from "../../../cloud.ts";
import { isServiceError } from "../../../errors.ts";
import type { Execution } from "./execution.ts";
import { type RecordedEvent, withoutData } from "./history.ts";
import type { Turn } from "./turn.ts";

/** Source: API reference, PutLogEvents: events in a batch, and bytes, of which each event takes 26 more. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;

/**
 * What the levels below ALL let through. Source: the Step Functions developer guide, "Log levels for Step Functions
 * execution events".
 */
const FATAL: ReadonlySet<string> = new Set<HistoryEventType>([
  "ExecutionAborted",
  "ExecutionFailed",
  "ExecutionTimedOut",
]);
const ERROR: ReadonlySet<string> = new Set<string>([
  ...FATAL,
  ...([
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapRunAborted",
    "MapRunFailed",
    "MapStateAborted",
    "MapStateFailed",
    "ParallelStateAborted",
    "ParallelStateFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskStateAborted",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "WaitStateAborted",
  ] satisfies HistoryEventType[]),
]);

/** Sends what a turn added to the history to the machine's log group. */
export function logTurn({ run, events }: Turn): void {
  logEvents(run.cloud, run.execution, events);
}

/** Sends events to the log group of the execution's machine, as far as its level lets them through. */
export function logEvents(
  cloud: Cloud,
  execution: Execution,
  events: readonly RecordedEvent[],
): void {
  const { loggingConfiguration } = execution.machine;
  const logGroupName = logGroupOf(loggingConfiguration);
  if (logGroupName === undefined) return;
  const lines = events
    .filter(({ type }) => isLogged(loggingConfiguration, type))
    .map((event) => ({
      timestamp: event.at,
      message: JSON.stringify(
        logged(execution, event, loggingConfiguration?.includeExecutionData ?? false),
      ),
    }));
  if (lines.length > 0) cloud.derived(makeShipper).ship(execution, logGroupName, lines);
}

function logGroupOf(configuration: LoggingConfiguration | undefined): string | undefined {
  const arn = configuration?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn;
  // arn:aws:logs:<region>:<account>:log-group:<name>:*
  return arn === undefined || configuration?.level === "OFF" ? undefined : arn.split(":")[6];
}

function isLogged({ level }: LoggingConfiguration = {}, type: HistoryEventType): boolean {
  switch (level) {
    case "ALL":
      return true;
    case "ERROR":
      return ERROR.has(type);
    case "FATAL":
      return FATAL.has(type);
    default:
      return false;
  }
}

/** An event as the log has it: numbers are text. Source: logs recorded from AWS. */
function logged({ arn, redriveCount }: Execution, event: RecordedEvent, data: boolean) {
  const { id, type, details = {}, previousEventId, at } = event;
  return {
    id: String(id),
    type,
    details: data ? details : withoutData(details),
    previous_event_id: String(previousEventId),
    event_timestamp: String(at),
    execution_arn: arn,
    redrive_count: String(redriveCount),
  };
}

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

interface LogStream {
  readonly caller: Caller;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly lines: Line[];
  sending: boolean;
}

/** Sends log lines beside the executions, in order; those of one turn of the event loop together. */
class LogShipper {
  readonly #cloud: Cloud;
  readonly #streams = new Map<string, LogStream>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  ship({ account, region, machine }: Execution, logGroupName: string, lines: Line[]): void {
    const key = `${account} ${region} ${logGroupName} ${machine.name}`;
    let stream = this.#streams.get(key);
    if (!stream) {
      const minute = new Date(this.#cloud.clock.now()).toISOString().slice(0, 16).replace("T", "-");
      stream = {
        caller: { account, region, principal: "states.amazonaws.com" },
        logGroupName,
        // As AWS names them: states/<machine>/<minute>/<unique>; a stream's name has no colon.
        logStreamName: `states/${machine.name}/${minute.replace(":", "-")}/${randomUUID().slice(0, 8)}`,
        lines: [],
        sending: false,
      };
      this.#streams.set(key, stream);
    }
    stream.lines.push(...lines);
    if (stream.sending) return;
    stream.sending = true;
    void this.#cloud.activity.track(this.#send(stream));
  }

  async #send(stream: LogStream): Promise<void> {
    await Promise.resolve();
    while (stream.lines.length > 0) {
      const batch = takeBatch(stream.lines);
      try {
        await this.#put(stream, batch);
      } catch (error) {
        // AWS loses what it cannot log, too: the group was deleted, or there are no logs here.
        if (!isServiceError(error, "NotImplemented", "ResourceNotFoundException"))
          this.#cloud.notices.emit("defect", error);
      }
    }
    stream.sending = false;
  }

  async #put(stream: LogStream, logEvents: Line[]): Promise<void> {
    const { caller, logGroupName, logStreamName } = stream;
    const names = { logGroupName, logStreamName };
    const put = () => this.#cloud.call(caller, "logs", "PutLogEvents", { ...names, logEvents });
    try {
      await put();
    } catch (error) {
      if (!isServiceError(error, "ResourceNotFoundException")) throw error;
      // The stream is ours to make, the group its owner's.
      await this.#cloud.call(caller, "logs", "CreateLogStream", names);
      await put();
    }
  }
}

function makeShipper(cloud: Cloud): LogShipper {
  return new LogShipper(cloud);
}

/** The first lines, as many as go into one batch. */
function takeBatch(lines: Line[]): Line[] {
  let bytes = 0;
  let count = 0;
  for (const { message } of lines) {
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (count === BATCH_EVENTS_MAX || (count > 0 && bytes > BATCH_BYTES_MAX)) break;
    count += 1;
  }
  return lines.splice(0, count);
}
