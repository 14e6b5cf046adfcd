import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import type { LogSink } from "../../functions/function.ts";

/** Limits of PutLogEvents: events in one batch, and bytes, of which each event takes 26 more than its message. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const EVENT_BYTES_MAX = 1_000_000;

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

interface Stream {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly lines: Line[];
  sending: Promise<void> | undefined;
}

/** Ships what functions log to CloudWatch Logs, in order, beside the invocations. */
export class LogShipper {
  readonly #cloud: Cloud;
  readonly #streams = new Map<string, Stream>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  readonly sink: LogSink = (spec, logStreamName, lines) => {
    const { account, region, logGroupName } = spec;
    const key = `${account} ${region} ${logGroupName} ${logStreamName}`;
    let stream = this.#streams.get(key);
    if (!stream) {
      stream = { account, region, logGroupName, logStreamName, lines: [], sending: undefined };
      this.#streams.set(key, stream);
    }
    stream.lines.push(...lines);
    stream.sending ??= this.#cloud.activity.track(this.#send(key, stream));
  };

  /** Resolves when all that was logged has arrived. */
  async flush(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(({ sending }) => sending));
  }

  async #send(key: string, stream: Stream): Promise<void> {
    // What is logged in the same turn goes in the same batch.
    await Promise.resolve();
    while (stream.lines.length > 0) {
      const batch = takeBatch(stream.lines);
      try {
        await this.#put(stream, batch);
      } catch (error) {
        // A cloud without the logs service runs functions all the same.
        if (!isServiceError(error, "NotImplemented")) this.#cloud.notices.emit("defect", error);
      }
    }
    this.#streams.delete(key);
  }

  async #put(stream: Stream, logEvents: Line[]): Promise<void> {
    const { account, region, logGroupName, logStreamName } = stream;
    const caller = { account, region, principal: "lambda.amazonaws.com" };
    const put = () =>
      this.#cloud.call(caller, "logs", "PutLogEvents", { logGroupName, logStreamName, logEvents });
    try {
      await put();
    } catch (error) {
      if (!isServiceError(error, "ResourceNotFoundException")) throw error;
      await unlessThere(this.#cloud.call(caller, "logs", "CreateLogGroup", { logGroupName }));
      await unlessThere(
        this.#cloud.call(caller, "logs", "CreateLogStream", { logGroupName, logStreamName }),
      );
      await put();
    }
  }
}

async function unlessThere(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isServiceError(error, "ResourceAlreadyExistsException")) throw error;
  }
}

/** Takes from the front of `lines` as many as one call may put. */
function takeBatch(lines: Line[]): Line[] {
  let bytes = 0;
  let count = 0;
  for (const { message } of lines) {
    bytes += Math.min(Buffer.byteLength(message), EVENT_BYTES_MAX) + EVENT_OVERHEAD_BYTES;
    if (count > 0 && (bytes > BATCH_BYTES_MAX || count === BATCH_EVENTS_MAX)) break;
    count += 1;
  }
  return lines.splice(0, count).map(({ timestamp, message }) => ({
    timestamp,
    message:
      Buffer.byteLength(message) > EVENT_BYTES_MAX
        ? Buffer.from(message).subarray(0, EVENT_BYTES_MAX).toString()
        : message,
  }));
}
