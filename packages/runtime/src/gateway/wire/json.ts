import { ServiceError } from "../../errors.ts";
import { fromJson, parseJson, serializationError, toJson } from "./json-value.ts";
import { resolveError, type Wire } from "./wire.ts";

const NAMES = { useJsonName: false };

/**
 * AWS JSON 1.0 and 1.1: `X-Amz-Target: <service>.<Operation>`, one JSON object each way. They differ in how an
 * error's type is written. Source: Smithy's documentation of the protocols `awsJson1_0` and `awsJson1_1`.
 */
export function jsonWire(version: "1.0" | "1.1"): Wire {
  const contentType = `application/x-amz-json-${version}`;
  return {
    route: (model, request) => {
      const target = String(request.headers["x-amz-target"]);
      const operation = model.operations.get(target.slice(target.indexOf(".") + 1));
      if (!operation)
        throw new ServiceError(
          "UnknownOperationException",
          `${target} is no operation of ${model.service}.`,
          {
            httpStatus: 400,
          },
        );
      return { operation, labels: {} };
    },
    decode: (_model, { operation }, { body }) => {
      const value = parseJson(body);
      if (operation.input.kind !== "structure") return {};
      if (typeof value !== "object" || value === null)
        throw serializationError("The request body must be a JSON object.");
      return fromJson(operation.input, value, NAMES);
    },
    encode: (_model, operation, output) => ({
      status: 200,
      headers: { "content-type": contentType },
      body:
        operation.output.kind === "unit"
          ? "{}"
          : JSON.stringify(toJson(operation.output, output, NAMES) ?? {}),
    }),
    encodeError: (model, error) => {
      const { code, queryCode, status, fault, members, inModel } = resolveError(model, error);
      const type = version === "1.0" && inModel ? `${model.shapeNamespace}#${code}` : code;
      const shape = model.errors.get(code)?.shape;
      const content = shape
        ? { message: error.message, ...(toJson(shape, members, NAMES) as object) }
        : members;
      return {
        status,
        headers: {
          "content-type": contentType,
          "x-amzn-errortype": code,
          ...(model.queryCompatible ? { "x-amzn-query-error": `${queryCode};${fault}` } : {}),
        },
        body: JSON.stringify({ __type: type, ...content }),
      };
    },
  };
}
