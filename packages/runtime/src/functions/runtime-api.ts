import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** 6 MB and room for an envelope: what AWS's own message names as the limit of a buffered response. */
export const RESPONSE_BYTES_MAX = 6_291_556;
/** What a function may stream, of which a buffered caller gets at most {@link RESPONSE_BYTES_MAX}. */
export const STREAMED_RESPONSE_BYTES_MAX = 200 * 1024 * 1024;
const HEADER_BYTES_MAX = 2 * 1024 * 1024;

const PREFIX = "/2018-06-01/runtime/";
const ACCEPTED = Buffer.from('{"status":"OK"}\n');

/** What a runtime did. */
export type RuntimeEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "response"; readonly payload: Uint8Array }
  | {
      readonly kind: "error";
      readonly document: Uint8Array;
      readonly errorType: string | undefined;
    }
  | {
      readonly kind: "initError";
      readonly document: Uint8Array;
      readonly errorType: string | undefined;
    }
  | { readonly kind: "oversized"; readonly bytes: number; readonly bytesMax: number };

/** An invocation as `invocation/next` answers it. */
export interface NextInvocation {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 by the machine's own clock: the function compares it with its own. */
  readonly deadline: number;
  readonly invokedFunctionArn: string;
  readonly traceHeader: string;
  readonly clientContext?: string | undefined;
}

/**
 * The Lambda Runtime API of one execution environment, on a port of its own, and on a private pipe where the runtime
 * was given one. Source: AWS Lambda developer guide, "Using the Lambda runtime API"; messages as in
 * aws/aws-lambda-runtime-interface-emulator, `rapi/rendering/render_error.go`.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #onEvent: (event: RuntimeEvent) => void;
  #pipe: Socket | undefined;
  #waiting: ServerResponse | undefined;
  /** The invocation that a runtime works on and has not answered. */
  #current: string | undefined;
  /** Handed in before the runtime asked for it. */
  #pending: NextInvocation | undefined;
  #initialised = false;
  /** While an answer is being read: what to do after it. A runtime may ask for the next invocation without a pause. */
  #settling: { next?: () => void } | undefined;

  constructor(onEvent: (event: RuntimeEvent) => void) {
    this.#onEvent = onEvent;
    // Whoever speaks to this port is a process on this machine that waits for minutes with a request open: no time
    // limits on connections. A request that is no HTTP is answered 400 by the server itself.
    this.#server = createServer(
      {
        keepAliveTimeout: 0,
        requestTimeout: 0,
        headersTimeout: 0,
        maxHeaderSize: HEADER_BYTES_MAX,
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.timeout = 0;
  }

  /** Listens on a free port of the loopback interface; resolves with `host:port`. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => {
        // A listening server's address is never a pipe's here.
        resolve(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  /** Serves a pipe of which the runtime holds the other end. From then on only it may ask for invocations. */
  attach(pipe: Socket): void {
    this.#pipe = pipe;
    pipe.on("error", () => pipe.destroy());
    this.#server.emit("connection", pipe);
  }

  /** Gives the runtime its next invocation: at once when it waits, or when it asks. */
  deliver(invocation: NextInvocation): void {
    const { requestId } = invocation;
    if (!this.#waiting) {
      this.#pending = invocation;
      return;
    }
    const response = this.#waiting;
    this.#waiting = undefined;
    this.#current = requestId;
    const headers: string[] = [
      "Content-Type",
      "application/json",
      "Content-Length",
      String(invocation.payload.byteLength),
      "Lambda-Runtime-Aws-Request-Id",
      requestId,
      "Lambda-Runtime-Deadline-Ms",
      String(Math.round(invocation.deadline)),
      "Lambda-Runtime-Invoked-Function-Arn",
      asHeader(invocation.invokedFunctionArn),
      "Lambda-Runtime-Trace-Id",
      asHeader(invocation.traceHeader),
    ];
    if (invocation.clientContext !== undefined)
      headers.push("Lambda-Runtime-Client-Context", asHeader(invocation.clientContext));
    response.sendDate = false;
    response.writeHead(200, headers);
    response.end(invocation.payload);
  }

  close(): void {
    this.#waiting = undefined;
    this.#pipe?.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false;
    const refusal = this.#route(request, response);
    if (refusal) refuse(request, response, refusal);
  }

  /** Begins to answer, or returns why not. */
  #route(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    // No runtime sends these; a web page that found the port would.
    if (request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined)
      return new Refusal(403, "Forbidden", "The Runtime API answers no web page");
    const url = request.url ?? "";
    const resource = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : "";
    if (request.method === "GET" && resource === "invocation/next")
      return this.#next(request, response);
    if (request.method !== "POST") return NOT_FOUND;
    if (resource === "init/error") return this.#initError(request, response);
    const [noun, id = "", verb, ...more] = resource.split("/");
    if (noun !== "invocation" || more.length > 0 || (verb !== "response" && verb !== "error"))
      return NOT_FOUND;
    if (this.#current === undefined || decoded(id) !== this.#current) return INVALID_REQUEST_ID;
    return verb === "error" ? this.#error(request, response) : this.#response(request, response);
  }

  #next(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    if (this.#pipe && request.socket !== this.#pipe)
      return invalidTransition("Another runtime is running here");
    if (this.#settling) {
      this.#settling.next = () => {
        const refusal = this.#next(request, response);
        if (refusal) refuse(request, response, refusal);
      };
      return undefined;
    }
    if (this.#current !== undefined)
      return invalidTransition(`Invocation ${this.#current} has not been answered yet`);
    // A runtime that asks again has given up its first request; that one's connection may linger.
    this.#waiting?.destroy();
    this.#waiting = response;
    response.once("close", () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    this.#initialised = true;
    this.#onEvent({ kind: "ready" });
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.deliver(pending);
    return undefined;
  }

  #initError(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    if (this.#initialised) return invalidTransition("Initialisation is over");
    readBody(request, RESPONSE_BYTES_MAX, (document) => {
      accept(response);
      const event = { document: document ?? Buffer.from("{}"), errorType: errorTypeOf(request) };
      this.#onEvent({ kind: "initError", ...event });
    });
    return undefined;
  }

  #error(request: IncomingMessage, response: ServerResponse): undefined {
    this.#settle(request, response, RESPONSE_BYTES_MAX, (document) => ({
      kind: "error",
      document,
      errorType: errorTypeOf(request),
    }));
  }

  #response(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const mode = request.headers["lambda-runtime-function-response-mode"];
    if (mode !== undefined && mode !== "streaming")
      return new Refusal(400, "InvalidFunctionResponseMode", "Invalid function response mode");
    const bytesMax = mode === "streaming" ? STREAMED_RESPONSE_BYTES_MAX : RESPONSE_BYTES_MAX;
    this.#settle(request, response, bytesMax, (payload) => {
      const trailer = request.trailers["lambda-runtime-function-error-body"];
      if (trailer === undefined) return { kind: "response", payload };
      // A stream that broke off tells so after its body.
      const errorType = request.trailers["lambda-runtime-function-error-type"];
      return { kind: "error", document: Buffer.from(trailer, "base64"), errorType };
    });
    return undefined;
  }

  /** Ends the current invocation with a body, unless another request did so while this one was read. */
  #settle(
    request: IncomingMessage,
    response: ServerResponse,
    bytesMax: number,
    eventOf: (body: Uint8Array) => RuntimeEvent,
  ): void {
    const settling: { next?: () => void } = {};
    this.#settling = settling;
    request.once("close", () => {
      // Either it broke off, and the invocation goes on, or this has been done below.
      if (this.#settling === settling) this.#settling = undefined;
    });
    readBody(request, bytesMax, (body, bytes) => {
      if (this.#settling !== settling) return refuse(request, response, INVALID_REQUEST_ID);
      this.#settling = undefined;
      this.#current = undefined;
      if (settling.next) queueMicrotask(settling.next);
      if (body) {
        accept(response);
        this.#onEvent(eventOf(body));
        return;
      }
      const message = `Exceeded maximum allowed payload size (${bytesMax} bytes).`;
      refuse(request, response, new Refusal(413, "RequestEntityTooLarge", message));
      this.#onEvent({ kind: "oversized", bytes, bytesMax });
    });
  }
}

class Refusal {
  readonly status: number;
  readonly errorType: string;
  readonly errorMessage: string;

  constructor(status: number, errorType: string, errorMessage: string) {
    this.status = status;
    this.errorType = errorType;
    this.errorMessage = errorMessage;
  }
}

const NOT_FOUND = new Refusal(404, "NotFound", "404 page not found");
const INVALID_REQUEST_ID = new Refusal(400, "InvalidRequestID", "Invalid request ID");
const invalidTransition = (message: string) => new Refusal(403, "InvalidStateTransition", message);

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, errorType, errorMessage }: Refusal,
): void {
  request.resume();
  const body = Buffer.from(`${JSON.stringify({ errorMessage, errorType })}\n`);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
  });
  response.end(body);
}

function accept(response: ServerResponse): void {
  const headers = ["Content-Type", "application/json", "Content-Length", String(ACCEPTED.length)];
  response.writeHead(202, headers);
  response.end(ACCEPTED);
}

/** Reads a body to its end; past the limit it is counted, not kept. One that breaks off is not told of. */
function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (body: Uint8Array | undefined, bytes: number) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on("error", () => {});
  request.on("end", () => {
    if (!request.complete) return;
    if (bytes > bytesMax) done(undefined, bytes);
    else done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), bytes);
  });
}

function errorTypeOf(request: IncomingMessage): string | undefined {
  const type = request.headers["lambda-runtime-function-error-type"];
  return Array.isArray(type) ? type[0] : type;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A header's value holds no control characters; what is beyond ASCII travels as the bytes of its UTF-8. */
function asHeader(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, " ");
}
