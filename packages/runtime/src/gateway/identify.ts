import type { IncomingHttpHeaders } from "node:http";
import { ServiceError } from "../errors.ts";
import { type SdkModel, type ServiceName, sdks } from "../sdk.ts";
import type { CredentialScope } from "./caller.ts";
import { jsonWire } from "./wire/json.ts";
import { formOf, queryWire } from "./wire/query.ts";
import { restJsonWire } from "./wire/rest-json.ts";
import { restXmlWire } from "./wire/rest-xml.ts";
import { rpcV2CborWire } from "./wire/rpc-v2-cbor.ts";
import type { Wire, WireRequest } from "./wire/wire.ts";

export interface Identified {
  readonly service: ServiceName;
  readonly wire: Wire;
}

const jsonWires = { "1.0": jsonWire("1.0"), "1.1": jsonWire("1.1") };

const services: [ServiceName, SdkModel][] = Object.entries(sdks).map(([name, sdk]) => [
  name as ServiceName,
  sdk,
]);
const byTargetPrefix = new Map(services.map(([name, sdk]) => [sdk.targetPrefix, name]));
/** Where two services share a signing name (DynamoDB and its streams), the first one has it. */
const bySigningName = new Map(services.toReversed().map(([name, sdk]) => [sdk.signingName, name]));
const byApiVersion = new Map(services.map(([name, sdk]) => [sdk.apiVersion, name]));

/**
 * Which service a request is for, and in which protocol it speaks. A client may choose its protocol, so the request
 * decides: `smithy-protocol`, then `X-Amz-Target`, then a form with an action, and last the service's own REST.
 * Throws `UnknownService` (404) when it is for none that Flyball has.
 */
export function identify(request: WireRequest, scope: CredentialScope | undefined): Identified {
  const { headers } = request;
  const signed = scope && bySigningName.get(scope.signingName);
  if (headers["smithy-protocol"] === "rpc-v2-cbor") {
    const named = /\/service\/([^/]+)\/operation\//.exec(request.path)?.[1] ?? "";
    return found(byTargetPrefix.get(named) ?? signed, rpcV2CborWire, scope?.signingName ?? named);
  }
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    const version = headers["content-type"]?.includes("json-1.0") ? "1.0" : "1.1";
    return found(
      byTargetPrefix.get(target.slice(0, target.indexOf("."))),
      jsonWires[version],
      target,
    );
  }
  if (isForm(request)) {
    const form = formOf(request);
    const service =
      signed ??
      byApiVersion.get(form.get("Version") ?? "") ??
      linkedService(form.get("Action") ?? "");
    return found(service, queryWire, scope?.signingName ?? `version ${form.get("Version")}`);
  }
  const service = signed ?? "lambda";
  if (!scope && !/^\/20\d\d-/.test(request.path))
    return found(undefined, restJsonWire, `${request.method} ${request.path}`);
  return found(service, restOf(service), scope?.signingName ?? request.path);
}

/** The links in SNS's messages carry neither a signature nor a version: on AWS the host says whose they are. */
function linkedService(action: string): ServiceName | undefined {
  return action === "ConfirmSubscription" || action === "Unsubscribe" ? "sns" : undefined;
}

function isForm({ method, headers, query }: WireRequest): boolean {
  if (method === "GET") return query.has("Action");
  return hasFormType(headers);
}

export function hasFormType(headers: IncomingHttpHeaders): boolean {
  return headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
}

function restOf(service: ServiceName): Wire {
  return (sdks[service] as SdkModel).rest === "xml" ? restXmlWire : restJsonWire;
}

function found(service: ServiceName | undefined, wire: Wire, what: string): Identified {
  if (service) return { service, wire };
  throw new ServiceError(
    "UnknownService",
    `Flyball has no service for this request (${what}). It has ${Object.keys(sdks).join(", ")}.`,
    { httpStatus: 404 },
  );
}
