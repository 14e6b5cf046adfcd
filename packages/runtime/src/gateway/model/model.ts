import { type SdkModel, type ServiceName, sdks } from "../../sdk.ts";
import { type Shape, type StructureShape, shapeOf } from "./shape.ts";

/** How an operation binds to HTTP in the REST protocols. */
export interface HttpBinding {
  readonly method: string;
  /** `/2015-03-31/functions/{FunctionName}/invocations`, with literal query parameters behind a `?`. */
  readonly uri: string;
  readonly status: number;
}

export interface OperationModel {
  readonly name: string;
  readonly http: HttpBinding | undefined;
  readonly input: Shape;
  readonly output: Shape;
}

export interface ErrorModel {
  readonly name: string;
  readonly shape: StructureShape;
  readonly httpStatus: number;
  /** What the Query protocol, and clients that remember it, call the error. */
  readonly queryCode: string | undefined;
}

/** A service as its official SDK describes it. */
export interface ServiceModel extends SdkModel {
  readonly service: ServiceName;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

/** The kinds of schema that a client exports, by the first element of each (FACTS: `[9, namespace, name, traits, input, output]`). */
const OPERATION = 9;
const ERROR = -3;

type StaticSchema = readonly [
  kind: number,
  namespace: string,
  name: string,
  traits: unknown,
  ...unknown[],
];

interface ErrorTraits {
  readonly error?: "client" | "server";
  readonly httpError?: number;
  readonly awsQueryError?: readonly [code: string, httpStatus: number];
}

const models = new Map<ServiceName, Promise<ServiceModel>>();

/** The model of a service; its client is loaded at the first call. */
export function loadModel(service: ServiceName): Promise<ServiceModel> {
  const known = models.get(service);
  if (known) return known;
  const sdk: SdkModel = sdks[service];
  const loading = sdk.load().then((client) => readModel(service, sdk, client));
  models.set(service, loading);
  return loading;
}

/** Reads the model out of what a client exports. */
export function readModel(service: ServiceName, sdk: SdkModel, client: object): ServiceModel {
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const [exported, schema] of Object.entries(client)) {
    if (!exported.endsWith("$") || !Array.isArray(schema)) continue;
    // An export whose name ends in `$` is a schema: an array that begins with kind, namespace, name and traits.
    const [kind, , name, traits] = schema as unknown as StaticSchema;
    if (kind === OPERATION) operations.set(name, readOperation(schema as unknown as StaticSchema));
    if (kind === ERROR) errors.set(name, readError(name, (traits || {}) as ErrorTraits, schema));
  }
  return { ...sdk, service, operations, errors };
}

function readOperation([, , name, traits, input, output]: StaticSchema): OperationModel {
  const http = (traits as { http?: [string, string, number] } | 0 | undefined) || undefined;
  const [method, uri, status] = http?.http ?? [];
  return {
    name,
    http: method === undefined ? undefined : { method, uri: uri ?? "/", status: status ?? 200 },
    input: shapeOf(input),
    output: shapeOf(output),
  };
}

function readError(name: string, traits: ErrorTraits, schema: unknown): ErrorModel {
  const [queryCode, queryStatus] = traits.awsQueryError ?? [];
  return {
    name,
    // An error's schema is a structure's with another number in front.
    shape: shapeOf(schema) as StructureShape,
    httpStatus: traits.httpError ?? queryStatus ?? (traits.error === "server" ? 500 : 400),
    queryCode,
  };
}
