import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Cloud } from "../cloud.ts";
import { ServiceError } from "../errors.ts";
import type { InputOf, OperationName, ServiceName } from "../sdk.ts";
import { DiskFull, orDiskFull } from "../store/disk-full.ts";
import { type AdminRoutes, answerAdmin } from "./admin.ts";
import { BODY_BYTES_MAX, RPC_BODY_BYTES_MAX, readBody } from "./body.ts";
import { callerOf, credentialScopeOf, type Sessions } from "./caller.ts";
import { type Refusal, refusalOf } from "./guard.ts";
import { hasFormType, type Identified, identify } from "./identify.ts";
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
/** Shared by all requests without a query; nothing writes to a request's query. */
const NO_QUERY = new URLSearchParams();

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
      const answer = unidentifiedError(internalError(cloud(), error));
      if (response.headersSent) response.destroy();
      else send(request, response, answer);
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request.headers, ownHosts);
    if (refusal) return send(request, response, refused(refusal));
    const [path, search] = splitOnce(targetOf(request), "?");
    const query = search === "" ? NO_QUERY : new URLSearchParams(search);
    if (path === ADMIN_PREFIX || path.startsWith(`${ADMIN_PREFIX}/`))
      return answerAdmin(admin(), path.slice(ADMIN_PREFIX.length), query, request, response);
    const answer = await answerAws(cloud(), sessions, request, response, path, query);
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
    const body = await readBody(incoming, isRpc(headers) ? RPC_BODY_BYTES_MAX : BODY_BYTES_MAX);
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
      { requestId, signal: () => goneSignal(cloud, response) },
    );
    return withRequestId(wire.encode(model, routed.operation, output, requestId), requestId);
  } catch (error) {
    const answer = error instanceof ServiceError ? error : internalError(cloud, error);
    return withRequestId(await encodeError(identified, answer, requestId), requestId);
  }
}

function isRpc(headers: IncomingHttpHeaders): boolean {
  return "x-amz-target" in headers || "smithy-protocol" in headers || hasFormType(headers);
}

async function encodeError(
  identified: Identified | undefined,
  error: ServiceError,
  requestId: string,
): Promise<WireResponse> {
  if (identified)
    return identified.wire.encodeError(await loadModel(identified.service), error, requestId);
  return unidentifiedError(error);
}

function unidentifiedError({ code, message, httpStatus = 400 }: ServiceError): WireResponse {
  return {
    status: httpStatus,
    headers: { "content-type": "application/json", "x-amzn-errortype": code },
    body: JSON.stringify({ __type: code, message }),
  };
}

function internalError(cloud: Cloud, error: unknown): ServiceError {
  // What breaks because the cloud is being stopped is no defect.
  if (cloud.stopping.aborted && cloud.stopping.reason instanceof ServiceError)
    return cloud.stopping.reason;
  const known = orDiskFull(error, cloud.store.directory);
  if (known instanceof DiskFull) return known;
  cloud.notices.emit("defect", error);
  const message = error instanceof Error ? error.message : String(error);
  return new ServiceError("InternalFailure", `Flyball failed: ${message}`, { httpStatus: 500 });
}

function withRequestId({ status, headers, body }: WireResponse, requestId: string): WireResponse {
  return { status, headers: { "x-amzn-requestid": requestId, ...headers }, body };
}

/** Aborts when the client goes away before it was answered, or the cloud stops. */
function goneSignal(cloud: Cloud, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (cloud.stopping.aborted) gone.abort(cloud.stopping.reason);
  else if (response.destroyed) gone.abort(clientGone());
  const stop = () => gone.abort(cloud.stopping.reason);
  cloud.stopping.addEventListener("abort", stop, { once: true });
  response.once("close", () => {
    cloud.stopping.removeEventListener("abort", stop);
    if (!response.writableEnded) gone.abort(clientGone());
  });
  return gone.signal;
}

function clientGone(): ServiceError {
  return new ServiceError("ClientGone", "The client closed the connection.", { httpStatus: 499 });
}

/**
 * A text goes out as it is: Node then writes it together with the headers. Of a request that was refused before it
 * came whole, Node lets the rest through unread.
 */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: WireResponse,
): void {
  if (response.destroyed) return;
  const length = status === 204 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function refused({ status, message }: Refusal): WireResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message }),
  };
}

/** The path and query; a client that takes this for its proxy sends the whole URL. */
function targetOf({ url = "/" }: IncomingMessage): string {
  if (url.startsWith("/") || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
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
