import type { IncomingHttpHeaders } from "node:http";
import type { ServiceError } from "../../errors.ts";
import type { OperationModel, ServiceModel } from "../model/model.ts";

export interface WireRequest {
  readonly method: string;
  /** The path, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** An operation that a request was found to mean, with what its path said. */
export interface RoutedOperation {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * One of the protocols in which AWS's services are spoken to: bytes to an operation's input, an output or an error
 * to bytes, by the SDK's schemas and without a line about any one operation.
 */
export interface Wire {
  /**
   * Which operation the request means. Throws `UnknownOperationException` (or what the protocol calls it).
   */
  route(model: ServiceModel, request: WireRequest): RoutedOperation;
  /** Throws `SerializationException` (or what the protocol calls it) when the request does not fit the schema. */
  decode(model: ServiceModel, routed: RoutedOperation, request: WireRequest): unknown;
  encode(
    model: ServiceModel,
    operation: OperationModel,
    output: unknown,
    requestId: string,
  ): WireResponse;
  encodeError(model: ServiceModel, error: ServiceError, requestId: string): WireResponse;
}

/** What an error is called and which status it has, by the service's model or by itself. */
export interface ResolvedError {
  readonly code: string;
  readonly queryCode: string;
  readonly status: number;
  readonly fault: "Sender" | "Receiver";
  /** The error's members by the schema's names, the message under the schema's own spelling. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly inModel: boolean;
}

export function resolveError(model: ServiceModel, error: ServiceError): ResolvedError {
  const known = model.errors.get(error.code);
  const status = error.httpStatus ?? known?.httpStatus ?? 400;
  const messageMember = known?.shape.members.find(({ name }) => name.toLowerCase() === "message");
  return {
    code: error.code,
    queryCode: known?.queryCode ?? error.code,
    status,
    fault: status >= 500 ? "Receiver" : "Sender",
    members: { [messageMember?.name ?? "message"]: error.message, ...error.fields },
    inModel: known !== undefined,
  };
}
