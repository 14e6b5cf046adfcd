import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cloud } from "../cloud.ts";
import { ServiceError } from "../errors.ts";
import type { InputOf, OperationName, ServiceName } from "../sdk.ts";
import { type AdminRoutes, answerAdmin } from "./admin.ts";
import { BODY_BYTES_MAX, RPC_BODY_BYTES_MAX, readBody } from "./body.ts";
import { callerOf, credentialScopeOf, type Sessions } from "./caller.ts";
import { refusalOf } from "./guard.ts";
import { type Identified, identify } from "./identify.ts";
import { loadModel } from "./model/model.ts";
import { implied } from "./wire/implied.ts";
import type { WireRequest, WireResponse } from "./wire/wire.ts";

export interface GatewayOptions {
  /** The cloud that calls go to: another one after a reset. */
  readonly cloud: () => Cloud;
  /** 4566 by default; 0 is any free port. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  readonly sessions?: Sessions;
  /** What answers under `/_flyball`. */
  readonly admin?: () => AdminRoutes;
}

export interface Gateway {
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 60_000;
const ADMIN_PREFIX = "/_flyball";

/**
 * Listens, and turns HTTP into calls and answers into HTTP. Nothing else is done here. Rejects with the system's
 * error when the port is taken.
 */
export async function listen({
  cloud,
  port = 4566,
  host = "127.0.0.1",
  sessions = () => undefined,
  admin = () => ({}),
}: GatewayOptions): Promise<Gateway> {
  const ownHosts = new Set([host.toLowerCase()]);
  const server = createServer((request, response) => {
    void handle(request, response).catch((error) => {
      cloud().notices.emit("defect", error);
      response.destroy();
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request.headers, ownHosts);
    if (refusal) return refuse(request, response, refusal.status, refusal.message);
    const url = request.url ?? "/";
    const [path = "/", search = ""] = splitOnce(url, "?");
    if (path === ADMIN_PREFIX || path.startsWith(`${ADMIN_PREFIX}/`))
      return answerAdmin(
        admin(),
        path.slice(ADMIN_PREFIX.length),
        new URLSearchParams(search),
        request,
        response,
      );
    const answer = await answerAws(
      cloud(),
      sessions,
      request,
      response,
      path,
      new URLSearchParams(search),
    );
    send(request, response, answer);
  }

  await listening(server, port, host);
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://${urlHost(host)}:${address.port}`,
    port: address.port,
    close: () => closed(server),
  };
}

async function answerAws(
  cloud: Cloud,
  sessions: Sessions,
  incoming: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): Promise<WireResponse> {
  const requestId = randomUUID();
  const { method = "GET", headers } = incoming;
  const scope = credentialScopeOf(headers, query);
  let identified: Identified | undefined;
  try {
    const isRpc = "x-amz-target" in headers || "smithy-protocol" in headers;
    const body = await readBody(incoming, isRpc ? RPC_BODY_BYTES_MAX : BODY_BYTES_MAX);
    const request: WireRequest = { method, path, query, headers, body };
    identified = identify(request, scope);
    const { service, wire } = identified;
    const model = await loadModel(service);
    const routed = wire.route(model, request);
    const input = implied(service, request, wire.decode(model, routed, request));
    const output = await cloud.call(
      callerOf(scope, headers, sessions),
      service,
      // The wire found the operation's name in the service's own model, and decoded its input by that model.
      routed.operation.name as OperationName<ServiceName>,
      input as InputOf<ServiceName, OperationName<ServiceName>>,
      { requestId, signal: goneSignal(cloud, response) },
    );
    return withRequestId(wire.encode(model, routed.operation, output, requestId), requestId);
  } catch (error) {
    const answer = error instanceof ServiceError ? error : internalError(cloud, error);
    return withRequestId(await encodeError(identified, answer, requestId), requestId);
  }
}

async function encodeError(
  identified: Identified | undefined,
  error: ServiceError,
  requestId: string,
): Promise<WireResponse> {
  if (identified)
    return identified.wire.encodeError(await loadModel(identified.service), error, requestId);
  return {
    status: error.httpStatus ?? 400,
    headers: { "content-type": "application/json", "x-amzn-errortype": error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}

function internalError(cloud: Cloud, error: unknown): ServiceError {
  cloud.notices.emit("defect", error);
  const message = error instanceof Error ? error.message : String(error);
  return new ServiceError("InternalFailure", `Flyball failed: ${message}`, { httpStatus: 500 });
}

function withRequestId(answer: WireResponse, requestId: string): WireResponse {
  return { ...answer, headers: { "x-amzn-requestid": requestId, ...answer.headers } };
}

/** Aborts when the client goes away before it was answered, or the cloud stops. */
function goneSignal(cloud: Cloud, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const stop = () => gone.abort(cloud.stopping.reason);
  cloud.stopping.addEventListener("abort", stop, { once: true });
  response.once("close", () => {
    cloud.stopping.removeEventListener("abort", stop);
    if (!response.writableEnded)
      gone.abort(
        new ServiceError("ClientGone", "The client closed the connection.", { httpStatus: 499 }),
      );
  });
  return gone.signal;
}

function send(request: IncomingMessage, response: ServerResponse, answer: WireResponse): void {
  if (response.destroyed) return;
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  const headers: Record<string, string | number> = { ...answer.headers };
  if (answer.status !== 204) headers["content-length"] = body.length;
  // What was not read of a refused body cannot be told from a next request: the connection ends here.
  if (!request.complete) headers.connection = "close";
  response.writeHead(answer.status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
  if (!request.complete) request.resume();
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
): void {
  send(request, response, {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message }),
  });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
