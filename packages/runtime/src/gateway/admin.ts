import type { IncomingMessage, ServerResponse } from "node:http";
import { ServiceError } from "../errors.ts";
import { readBody } from "./body.ts";

export interface AdminRequest {
  readonly query: URLSearchParams;
  /** The body as JSON; undefined when there is none. */
  readonly body: unknown;
  /** For answers that go on (`?follow`): aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** A document, or lines that are sent as they come. */
export type AdminAnswer =
  | { readonly json: unknown }
  | { readonly text: string | Buffer; readonly contentType: string }
  | { readonly lines: AsyncIterable<unknown> };

export type AdminRoute = (request: AdminRequest) => Promise<AdminAnswer> | AdminAnswer;

/** What answers under `/_flyball`, by method and path: `"GET /health"`. A path that ends in `*` stands for all that begin so. */
export type AdminRoutes = Readonly<Record<string, AdminRoute>>;

const ADMIN_BODY_BYTES_MAX = 2 ** 20;

export async function answerAdmin(
  routes: AdminRoutes,
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const route = routeFor(routes, `${request.method} ${path}`);
    if (!route) throw notFound(routes, `${request.method} ${path}`);
    const body = parse(await readBody(request, ADMIN_BODY_BYTES_MAX));
    const answer = await route({ query, body, signal: gone.signal });
    if ("lines" in answer) return await sendLines(response, answer.lines);
    if ("text" in answer) return sendDocument(response, 200, answer.text, answer.contentType);
    sendDocument(response, 200, `${JSON.stringify(answer.json)}\n`);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { code, message, httpStatus = 400 } = error;
    sendDocument(response, httpStatus, `${JSON.stringify({ error: code, message })}\n`);
  }
}

function routeFor(routes: AdminRoutes, what: string): AdminRoute | undefined {
  if (Object.hasOwn(routes, what)) return routes[what];
  const pattern = Object.keys(routes).find(
    (route) => route.endsWith("*") && what.startsWith(route.slice(0, -1)),
  );
  return pattern === undefined ? undefined : routes[pattern];
}

function sendDocument(
  response: ServerResponse,
  status: number,
  text: string | Buffer,
  contentType = "application/json",
) {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

async function sendLines(response: ServerResponse, lines: AsyncIterable<unknown>): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  for await (const line of lines) {
    if (response.destroyed) return;
    // Who reads slowly is waited for, so that what is not read yet is not piled up here.
    if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ServiceError("BadRequest", "The request body is not valid JSON.", {
      httpStatus: 400,
    });
  }
}

function notFound(routes: AdminRoutes, what: string): ServiceError {
  const known = Object.keys(routes).map((route) => route.replace(" ", " /_flyball"));
  return new ServiceError(
    "NotFound",
    `There is no ${what.replace(" ", " /_flyball")}. There is: ${known.join(", ")}.`,
    {
      httpStatus: 404,
    },
  );
}
