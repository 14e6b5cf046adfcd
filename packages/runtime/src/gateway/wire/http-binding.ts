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

/** Routes by method and first segment, the most particular first; `""` holds those that begin with a label. */
type Routes = ReadonlyMap<string, readonly Route[]>;

const routesOf = new WeakMap<ServiceModel, Routes>();

/** The operation that a method and a path mean in a REST protocol. Throws `UnknownOperationException` (404). */
export function routeByPath(model: ServiceModel, request: WireRequest): RoutedOperation {
  let routes = routesOf.get(model);
  if (!routes) {
    routes = allRoutes(model);
    routesOf.set(model, routes);
  }
  const segments = request.path.slice(1).split("/");
  const literal = routes.get(`${request.method} ${segments[0]}`) ?? [];
  const labelled = routes.get(`${request.method} `) ?? [];
  for (const route of labelled.length === 0 ? literal : [...literal, ...labelled]) {
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

function allRoutes(model: ServiceModel): Routes {
  const routes = [...model.operations.values()].flatMap(toRoute).sort((a, b) => b.rank - a.rank);
  return Map.groupBy(routes, ({ method, segments: [first = ""] }) =>
    first.startsWith("{") ? `${method} ` : `${method} ${first}`,
  );
}

function toRoute(operation: OperationModel): Route[] {
  if (!operation.http) return [];
  const [path = "/", query = ""] = operation.http.uri.split("?");
  const segments = path.replace(/\/$/, "").slice(1).split("/");
  const queryLiterals = [...new URLSearchParams(query)];
  const literals = segments.filter((segment) => !segment.startsWith("{")).length;
  const greedy = segments.some((segment) => segment.endsWith("+}")) ? 1 : 0;
  const named = queryLiterals.filter(([name]) => name !== "x-id").length;
  const rank = literals * 100 + named * 10 + segments.length - greedy * 50;
  return [{ operation, method: operation.http.method, segments, queryLiterals, rank }];
}

function matchesLiteral(query: URLSearchParams, name: string, value: string): boolean {
  const given = query.get(name);
  // `x-id` names the operation once more, and not every client sends it.
  if (given === null) return name === "x-id";
  return value === "" || given === value;
}

function matchSegments(
  route: readonly string[],
  path: readonly string[],
): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, segment] of route.entries()) {
    if (segment.endsWith("+}")) {
      const rest = path.slice(index).join("/");
      if (rest === "") return undefined;
      labels[segment.slice(1, -2)] = decodeLabel(rest);
      return labels;
    }
    const given = path[index];
    if (given === undefined) return undefined;
    if (segment.startsWith("{")) {
      if (given === "") return undefined;
      labels[segment.slice(1, -1)] = decodeLabel(given);
    } else if (segment !== given) return undefined;
  }
  // A slash at the end makes no other path.
  const isWhole =
    path.length === route.length || (path.length === route.length + 1 && path.at(-1) === "");
  return isWhole ? labels : undefined;
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
    else if (traits.httpLabel) put(bound, member, fromLabel(member.shape, labels[member.name]));
    else if (traits.httpQuery !== undefined)
      put(bound, member, fromQuery(member.shape, query, traits.httpQuery));
    else if (traits.httpQueryParams) bound[member.name] = Object.fromEntries(query);
    else if (traits.httpHeader !== undefined)
      put(bound, member, fromHeader(member.shape, headers[traits.httpHeader.toLowerCase()]));
    else if (traits.httpPrefixHeaders !== undefined)
      put(bound, member, prefixedHeaders(headers, traits.httpPrefixHeaders.toLowerCase()));
    else body.push(member);
  }
  return { bound, payload, body };
}

function put(bound: Record<string, unknown>, { name }: MemberShape, value: unknown): void {
  if (value !== undefined) bound[name] = value;
}

function fromLabel(shape: Shape, given: string | undefined): unknown {
  return given === undefined ? undefined : fromText(shape, given, "date-time");
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
    return itemsOf(shape.member, text).map((item) => fromText(shape.member, item, "http-date"));
  return fromText(shape, text, "http-date");
}

/** What stands between the commas of a header; one within quotes is no separator, nor is that of a date's weekday. */
function itemsOf(member: Shape, text: string): string[] {
  const isDate = member.kind === "timestamp" && (member.format ?? "http-date") === "http-date";
  const items = text.match(isDate ? /[^,]+,[^,]+/g : /"(?:[^"\\]|\\.)*"|[^,\s][^,]*/g) ?? [];
  return items.map((item) => {
    const isQuoted = !isDate && item.length > 1 && item.startsWith('"') && item.endsWith('"');
    return isQuoted ? item.slice(1, -1).replaceAll('\\"', '"') : item.trim();
  });
}

function prefixedHeaders(headers: WireRequest["headers"], prefix: string) {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
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
    return (value as unknown[]).map((item) => quoted(shape.member, item)).join(", ");
  return toText(shape, value, "http-date");
}

/** An item of a header's list; quoted where it has the list's own signs. */
function quoted(shape: Shape, item: unknown): string {
  const text = toText(shape, item, "http-date");
  if (shape.kind === "timestamp" || !/[",]/.test(text)) return text;
  return `"${text.replaceAll('"', '\\"')}"`;
}
