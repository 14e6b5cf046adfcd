import { ServiceError } from "../../errors.ts";
import type { OperationModel, ServiceModel } from "../model/model.ts";
import type { MemberShape, Shape } from "../model/shape.ts";
import { serializationError } from "./json-value.ts";
import { fromText, toText } from "./text-value.ts";
import type { RoutedOperation, WireRequest } from "./wire.ts";

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly string[];
  readonly queryLiterals: readonly (readonly [string, string])[];
  /** How particular the route is: literal segments and query literals before labels before greedy labels. */
  readonly rank: number;
}

const routesOf = new WeakMap<ServiceModel, readonly Route[]>();

/** The operation that a method and a path mean in a REST protocol. Throws `UnknownOperationException` (404). */
export function routeByPath(model: ServiceModel, request: WireRequest): RoutedOperation {
  let routes = routesOf.get(model);
  if (!routes) {
    routes = [...model.operations.values()].flatMap(toRoute).sort((a, b) => b.rank - a.rank);
    routesOf.set(model, routes);
  }
  const segments = segmentsOf(request.path);
  for (const route of routes) {
    if (route.method !== request.method) continue;
    if (!route.queryLiterals.every(([name, value]) => matchesLiteral(request.query, name, value)))
      continue;
    const labels = matchSegments(route.segments, segments);
    if (labels) return { operation: route.operation, labels };
  }
  throw new ServiceError(
    "UnknownOperationException",
    `${model.service} has no operation for ${request.method} ${request.path}.`,
    { httpStatus: 404 },
  );
}

function toRoute(operation: OperationModel): Route[] {
  if (!operation.http) return [];
  const [path = "/", query = ""] = operation.http.uri.split("?");
  const segments = segmentsOf(path);
  // `x-id` only names the operation for a reader of logs; a client may leave it out.
  const queryLiterals = [...new URLSearchParams(query)].filter(([name]) => name !== "x-id");
  const literals = segments.filter((segment) => !segment.startsWith("{")).length;
  const greedy = segments.some((segment) => segment.endsWith("+}")) ? 1 : 0;
  const rank = literals * 100 + queryLiterals.length * 10 + segments.length - greedy * 50;
  return [{ operation, method: operation.http.method, segments, queryLiterals, rank }];
}

function segmentsOf(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .filter((segment, index, all) => segment !== "" || index < all.length - 1);
}

function matchesLiteral(query: URLSearchParams, name: string, value: string): boolean {
  return value === "" ? query.has(name) : query.get(name) === value;
}

function matchSegments(
  route: readonly string[],
  path: readonly string[],
): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, segment] of route.entries()) {
    if (segment.endsWith("+}")) {
      labels[segment.slice(1, -2)] = decodeLabel(path.slice(index).join("/"));
      return path.length > index ? labels : undefined;
    }
    const given = path[index];
    if (given === undefined) return undefined;
    if (segment.startsWith("{")) {
      if (given === "") return undefined;
      labels[segment.slice(1, -1)] = decodeLabel(given);
    } else if (segment !== given) return undefined;
  }
  return path.length === route.length ? labels : undefined;
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw serializationError(`${text} is not a valid part of a path.`);
  }
}

/** The members that stand in the path, the query and the headers, and those that are left for the body. */
export function fromBindings(
  members: readonly MemberShape[],
  labels: Readonly<Record<string, string>>,
  { query, headers }: WireRequest,
): { bound: Record<string, unknown>; payload: MemberShape | undefined; body: MemberShape[] } {
  const bound: Record<string, unknown> = {};
  const body: MemberShape[] = [];
  let payload: MemberShape | undefined;
  for (const member of members) {
    const { traits } = member.shape;
    if (traits.httpPayload) payload = member;
    else if (traits.httpLabel)
      bound[member.name] = fromText(member.shape, labels[member.name] ?? "", "date-time");
    else if (traits.httpQuery !== undefined)
      put(bound, member, fromQuery(member.shape, query, traits.httpQuery));
    else if (traits.httpQueryParams) bound[member.name] = Object.fromEntries(query);
    else if (traits.httpHeader !== undefined)
      put(bound, member, fromHeader(member.shape, headers[traits.httpHeader.toLowerCase()]));
    else if (traits.httpPrefixHeaders !== undefined)
      bound[member.name] = prefixedHeaders(headers, traits.httpPrefixHeaders.toLowerCase());
    else body.push(member);
  }
  return { bound, payload, body };
}

function put(bound: Record<string, unknown>, { name }: MemberShape, value: unknown): void {
  if (value !== undefined) bound[name] = value;
}

function fromQuery(shape: Shape, query: URLSearchParams, name: string): unknown {
  const given = query.getAll(name);
  if (given.length === 0) return undefined;
  if (shape.kind === "list") return given.map((text) => fromText(shape.member, text, "date-time"));
  return fromText(shape, given[0] as string, "date-time");
}

function fromHeader(shape: Shape, given: string | string[] | undefined): unknown {
  if (given === undefined) return undefined;
  const text = Array.isArray(given) ? given.join(",") : given;
  if (shape.kind === "list")
    return text.split(",").map((item) => fromText(shape.member, item.trim(), "http-date"));
  return fromText(shape, text, "http-date");
}

function prefixedHeaders(headers: WireRequest["headers"], prefix: string): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    found.map(([name, value]) => [name.slice(prefix.length), String(value)]),
  );
}

/** An output's members that go into headers and the status, and those that are left for the body. */
export function toBindings(
  members: readonly MemberShape[],
  output: Readonly<Record<string, unknown>>,
) {
  const headers: Record<string, string> = {};
  const body: MemberShape[] = [];
  let payload: MemberShape | undefined;
  let status: number | undefined;
  for (const member of members) {
    const { traits } = member.shape;
    const value = output[member.name];
    if (traits.httpPayload) payload = member;
    else if (traits.httpResponseCode) status = value as number | undefined;
    else if (traits.httpHeader !== undefined) {
      if (value !== undefined)
        headers[traits.httpHeader.toLowerCase()] = headerText(member.shape, value);
    } else if (traits.httpPrefixHeaders !== undefined) {
      for (const [name, text] of Object.entries((value ?? {}) as object))
        headers[traits.httpPrefixHeaders.toLowerCase() + name] = String(text);
    } else body.push(member);
  }
  return { headers, payload, body, status };
}

function headerText(shape: Shape, value: unknown): string {
  if (shape.kind === "list")
    return (value as unknown[]).map((item) => toText(shape.member, item, "http-date")).join(",");
  return toText(shape, value, "http-date");
}
