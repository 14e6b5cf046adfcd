import { parseArn } from "../../../arn.ts";
import type { Cloud } from "../../../cloud.ts";
import { queueUrl } from "../../../queue-url.ts";

/** The URL of the queue of an ARN. */
export function queueUrlOf(cloud: Cloud, queueArn: string): string {
  const { account = "", resource: name = "" } = parseArn(queueArn) ?? {};
  return queueUrl(cloud, { account, name });
}
