/** An optimized integration: what it calls, and how the SDK for Java 1, which it is made with, names things. */
export interface OptimizedService {
  /** The name that the SDK integrations have for the service. */
  readonly sdk: string;
  /** What stands before the dot in the name of an error. */
  readonly errorPrefix: string;
  /** The service in an error's cause. */
  readonly serviceName: string;
  /** The exception for errors that the service's model does not have. */
  readonly baseException: string;
  /** How the service answers over HTTP, as an answer's metadata shows. */
  readonly contentType: string;
  /** The actions, with the patterns that each has. */
  readonly resources: ReadonlySet<string>;
  /** Whether its errors have the codes of the Query protocol: `NotFound` for NotFoundException. */
  readonly queryCodes: boolean;
  /** Whether answers carry the metadata of the call; PutEvents has none (recorded histories). */
  readonly hasMetadata: boolean;
}

/**
 * Sources: Step Functions developer guide, "Integrating optimized services" and its pages on each; the names of errors
 * and services are as histories of AWS show them.
 */
const services: Readonly<Record<string, OptimizedService>> = {
  dynamodb: {
    sdk: "dynamodb",
    errorPrefix: "DynamoDB",
    serviceName: "AmazonDynamoDBv2",
    baseException: "AmazonDynamoDBException",
    contentType: "application/x-amz-json-1.0",
    resources: new Set(["getItem", "putItem", "updateItem", "deleteItem"]),
    queryCodes: false,
    hasMetadata: true,
  },
  events: {
    sdk: "eventbridge",
    errorPrefix: "EventBridge",
    serviceName: "AmazonEventBridge",
    baseException: "AmazonEventBridgeException",
    contentType: "application/x-amz-json-1.1",
    resources: new Set(["putEvents", "putEvents.waitForTaskToken"]),
    queryCodes: false,
    hasMetadata: false,
  },
  lambda: {
    sdk: "lambda",
    errorPrefix: "Lambda",
    serviceName: "AWSLambda",
    baseException: "AWSLambdaException",
    contentType: "application/json",
    resources: new Set(["invoke", "invoke.waitForTaskToken"]),
    queryCodes: false,
    hasMetadata: true,
  },
  sns: {
    sdk: "sns",
    errorPrefix: "SNS",
    serviceName: "AmazonSNS",
    baseException: "AmazonSNSException",
    contentType: "text/xml",
    resources: new Set(["publish", "publish.waitForTaskToken"]),
    queryCodes: true,
    hasMetadata: true,
  },
  sqs: {
    sdk: "sqs",
    errorPrefix: "SQS",
    serviceName: "AmazonSQS",
    baseException: "AmazonSQSException",
    contentType: "application/x-amz-json-1.0",
    resources: new Set(["sendMessage", "sendMessage.waitForTaskToken"]),
    queryCodes: true,
    hasMetadata: true,
  },
  states: {
    sdk: "sfn",
    errorPrefix: "StepFunctions",
    serviceName: "AWSStepFunctions",
    baseException: "AWSStepFunctionsException",
    contentType: "application/x-amz-json-1.0",
    resources: new Set([
      "startExecution",
      "startExecution.sync",
      "startExecution.sync:2",
      "startExecution.waitForTaskToken",
    ]),
    queryCodes: false,
    hasMetadata: true,
  },
};

/** The optimized integration of a resource type (`sqs`); undefined where Flyball has none. */
export function optimized(resourceType: string): OptimizedService | undefined {
  return Object.hasOwn(services, resourceType) ? services[resourceType] : undefined;
}
