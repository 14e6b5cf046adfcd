/** The magic of AWS's log frames, without the bits that carry level and format. */
const FRAME_MAGIC = Buffer.from([0xa5, 0x5a, 0x00]);
const FRAME_HEAD_BYTES = 16;
/** AWS's limit for one log event; a line that never ends is cut there. */
const EVENT_BYTES_MAX = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Cuts a runtime's output into log events: one a line, and one a frame, whose line breaks are its own. A frame is
 * `a55a00xx`, 4 bytes of length, 8 bytes of time, then the message (the contract between AWS's runtimes and Lambda;
 * aws/aws-lambda-nodejs-runtime-interface-client, `LogPatch.js`). Messages end in a newline.
 */
export class LogLines {
  readonly #emit: (messages: string[]) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(emit: (messages: string[]) => void) {
    this.#emit = emit;
  }

  write(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: string[] = [];
    for (;;) {
      const frame = data.indexOf(FRAME_MAGIC);
      if (frame < 0) {
        data = takeLines(data, messages);
        break;
      }
      const partial = takeLines(data.subarray(0, frame), messages);
      const length =
        frame + FRAME_HEAD_BYTES <= data.length ? data.readUInt32BE(frame + 4) : undefined;
      const end = frame + FRAME_HEAD_BYTES + (length ?? 0);
      if (length === undefined || end > data.length) {
        data = data.subarray(frame - partial.length);
        break;
      }
      if (partial.length > 0) messages.push(`${partial}\n`);
      messages.push(data.toString("utf8", frame + FRAME_HEAD_BYTES, end));
      data = data.subarray(end);
    }
    this.#rest = data;
    if (messages.length > 0) this.#emit(messages);
  }

  /** What was written without a newline at its end becomes an event of its own. */
  flush(): void {
    if (this.#rest.length === 0) return;
    const rest = `${this.#rest.toString("utf8")}\n`;
    this.#rest = Buffer.alloc(0);
    this.#emit([rest]);
  }
}

/** Appends the whole lines of `data`; returns what follows the last newline. */
function takeLines(data: Buffer, messages: string[]): Buffer {
  let start = 0;
  for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
    messages.push(data.toString("utf8", start, end + 1));
    start = end + 1;
  }
  for (; data.length - start > EVENT_BYTES_MAX; start += EVENT_BYTES_MAX)
    messages.push(`${data.toString("utf8", start, start + EVENT_BYTES_MAX)}\n`);
  return data.subarray(start);
}
