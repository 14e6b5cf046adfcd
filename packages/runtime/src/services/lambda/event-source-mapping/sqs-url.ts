import type { Cloud } from "../../../cloud.ts";

/** The URL by which SQS knows the queue of an ARN: `<endpoint>/<account>/<name>`. */
export function queueUrlOf(cloud: Cloud, queueArn: string): string {
  const [, , , , account, name] = queueArn.split(":");
  return `${cloud.endpoint}/${account}/${name}`;
}
