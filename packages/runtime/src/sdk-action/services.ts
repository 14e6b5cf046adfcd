import type { ServiceName } from "../sdk.ts";

export interface SdkService {
  readonly service: ServiceName;
  /** What stands before the dot in the name of an error, and after `Service:` in its cause. */
  readonly exceptionPrefix: string;
}

/**
 * The services by the names that `arn:aws:states:::aws-sdk:<name>:…` and `arn:aws:scheduler:::aws-sdk:<name>:…` have
 * for them. Source: Step Functions developer guide, "Learning to use AWS service SDK integrations", the table of
 * supported services and exception prefixes.
 */
const services: Readonly<Record<string, SdkService>> = {
  cloudwatch: { service: "cloudwatch", exceptionPrefix: "CloudWatch" },
  cloudwatchlogs: { service: "logs", exceptionPrefix: "CloudWatchLogs" },
  dynamodb: { service: "dynamodb", exceptionPrefix: "DynamoDb" },
  dynamodbstreams: { service: "dynamodbstreams", exceptionPrefix: "DynamoDbStreams" },
  eventbridge: { service: "eventbridge", exceptionPrefix: "EventBridge" },
  iam: { service: "iam", exceptionPrefix: "Iam" },
  lambda: { service: "lambda", exceptionPrefix: "Lambda" },
  pipes: { service: "pipes", exceptionPrefix: "Pipes" },
  scheduler: { service: "scheduler", exceptionPrefix: "Scheduler" },
  sfn: { service: "sfn", exceptionPrefix: "Sfn" },
  sns: { service: "sns", exceptionPrefix: "Sns" },
  sqs: { service: "sqs", exceptionPrefix: "Sqs" },
  sts: { service: "sts", exceptionPrefix: "Sts" },
};

/** The service of an integration's name (`cloudwatchlogs`); undefined where Flyball has none of that name. */
export function sdkService(name: string): SdkService | undefined {
  return Object.hasOwn(services, name) ? services[name] : undefined;
}
