import type { Cloud } from "./cloud.ts";

/** The URL by which SQS knows a queue, for whoever sends to one or reads one: `<endpoint>/<account>/<name>`. */
export function queueUrl(
  cloud: Cloud,
  { account, name }: { readonly account: string; readonly name: string },
): string {
  return `${cloud.endpoint}/${account}/${name}`;
}
