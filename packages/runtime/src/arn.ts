/** What an ARN says: `arn:partition:service:region:account:resource`. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty where the service knows no Regions. */
  readonly region: string;
  /** Empty where the resource is nobody's: an S3 bucket, a runtime of Lambda. */
  readonly account: string;
  /** All the rest, with its colons and slashes. */
  readonly resource: string;
}

/** An ARN in the partition of the Region. */
export function arn(service: string, region: string, account: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
}

/** Undefined for what is no ARN. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition = "", service, region = "", account = "", ...rest] = text.split(":");
  const resource = rest.join(":");
  if (arn !== "arn" || !service || !resource) return undefined;
  return { partition, service, region, account, resource };
}

/** The principal that stands for all of an account. */
export function rootArn(account: string): string {
  return arn("iam", "", account, "root");
}

/** Source: the IAM user guide, "Identify AWS resources with Amazon Resource Names (ARNs)". */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
