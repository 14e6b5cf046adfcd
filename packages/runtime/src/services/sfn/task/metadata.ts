import type { Cloud } from "../../../cloud.ts";
import type { JsonObject } from "../../../states-language/definition.ts";

/**
 * What an optimized integration tells of the call beside its answer: the HTTP headers that the service would have
 * answered with, once as texts and once as lists. Source: histories recorded from AWS.
 */
export function callMetadata(
  cloud: Cloud,
  {
    requestId,
    contentType,
    contentLength,
    further = {},
  }: {
    readonly requestId: string;
    readonly contentType: string;
    readonly contentLength: number;
    readonly further?: Readonly<Record<string, string>>;
  },
): JsonObject {
  const headers: Record<string, string> = {
    "Content-Length": String(contentLength),
    "Content-Type": contentType,
    Date: new Date(cloud.clock.now()).toUTCString(),
    ...further,
    "x-amzn-RequestId": requestId,
  };
  const lists = Object.entries(headers).map(([name, value]): [string, string[]] => [name, [value]]);
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(lists),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}
