/**
 * The services' models: what the official SDK says of each service. Loading a client takes some 50 ms, so each is
 * loaded when its service is first called.
 */
export const sdks = {
  cloudwatch: {
    load: () => import("@aws-sdk/client-cloudwatch"),
    signingName: "monitoring",
    targetPrefix: "GraniteServiceVersion20100801",
    shapeNamespace: "com.amazonaws.cloudwatch",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    apiVersion: "2010-08-01",
    queryCompatible: true,
  },
  dynamodb: {
    load: () => import("@aws-sdk/client-dynamodb"),
    signingName: "dynamodb",
    targetPrefix: "DynamoDB_20120810",
    shapeNamespace: "com.amazonaws.dynamodb",
    xmlNamespace: "http://dynamodb.amazonaws.com/doc/2012-08-10/",
    apiVersion: "2012-08-10",
  },
  dynamodbstreams: {
    load: () => import("@aws-sdk/client-dynamodb-streams"),
    signingName: "dynamodb",
    targetPrefix: "DynamoDBStreams_20120810",
    shapeNamespace: "com.amazonaws.dynamodbstreams",
    xmlNamespace: "http://streams.dynamodb.amazonaws.com/doc/2012-08-10/",
    apiVersion: "2012-08-10",
  },
  eventbridge: {
    load: () => import("@aws-sdk/client-eventbridge"),
    signingName: "events",
    targetPrefix: "AWSEvents",
    shapeNamespace: "com.amazonaws.eventbridge",
    xmlNamespace: "http://events.amazonaws.com/doc/2015-10-07/",
    apiVersion: "2015-10-07",
  },
  iam: {
    load: () => import("@aws-sdk/client-iam"),
    signingName: "iam",
    targetPrefix: "AWSIdentityManagementV20100508",
    shapeNamespace: "com.amazonaws.iam",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    apiVersion: "2010-05-08",
  },
  lambda: {
    load: () => import("@aws-sdk/client-lambda"),
    signingName: "lambda",
    targetPrefix: "AWSGirApiService",
    shapeNamespace: "com.amazonaws.lambda",
    xmlNamespace: "http://lambda.amazonaws.com/doc/2015-03-31/",
    apiVersion: "2015-03-31",
    rest: "json",
  },
  logs: {
    load: () => import("@aws-sdk/client-cloudwatch-logs"),
    signingName: "logs",
    targetPrefix: "Logs_20140328",
    shapeNamespace: "com.amazonaws.cloudwatchlogs",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2014-03-28/",
    apiVersion: "2014-03-28",
  },
  pipes: {
    load: () => import("@aws-sdk/client-pipes"),
    signingName: "pipes",
    targetPrefix: "Pipes",
    shapeNamespace: "com.amazonaws.pipes",
    xmlNamespace: "http://events.amazonaws.com/doc/2015-10-07/",
    apiVersion: "2015-10-07",
    rest: "json",
  },
  scheduler: {
    load: () => import("@aws-sdk/client-scheduler"),
    signingName: "scheduler",
    targetPrefix: "AWSChronosService",
    shapeNamespace: "com.amazonaws.scheduler",
    xmlNamespace: "http://scheduler.amazonaws.com/doc/2021-06-30/",
    apiVersion: "2021-06-30",
    rest: "json",
  },
  sfn: {
    load: () => import("@aws-sdk/client-sfn"),
    signingName: "states",
    targetPrefix: "AWSStepFunctions",
    shapeNamespace: "com.amazonaws.sfn",
    xmlNamespace: "http://swf.amazonaws.com/doc/2015-07-20/",
    apiVersion: "2016-11-23",
  },
  sns: {
    load: () => import("@aws-sdk/client-sns"),
    signingName: "sns",
    targetPrefix: "AmazonSimpleNotificationService",
    shapeNamespace: "com.amazonaws.sns",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    apiVersion: "2010-03-31",
  },
  sqs: {
    load: () => import("@aws-sdk/client-sqs"),
    signingName: "sqs",
    targetPrefix: "AmazonSQS",
    shapeNamespace: "com.amazonaws.sqs",
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    apiVersion: "2012-11-05",
    queryCompatible: true,
  },
  sts: {
    load: () => import("@aws-sdk/client-sts"),
    signingName: "sts",
    targetPrefix: "AWSSecurityTokenServiceV20110615",
    shapeNamespace: "com.amazonaws.sts",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    apiVersion: "2011-06-15",
  },
} as const satisfies Record<string, SdkModel>;

/** How a service shows itself on the wire, beside what its client exports. */
export interface SdkModel {
  readonly load: () => Promise<object>;
  /** The service in a signature's credential scope. */
  readonly signingName: string;
  /** What stands before the dot in `X-Amz-Target`. */
  readonly targetPrefix: string;
  readonly shapeNamespace: string;
  readonly xmlNamespace: string;
  /** `Version` in the Query protocol. */
  readonly apiVersion: string;
  /** The service spoke Query before it spoke JSON or CBOR; errors carry their old codes in a header. */
  readonly queryCompatible?: boolean;
  /** Errors in XML stand at the root of the document (S3). */
  readonly unwrappedErrors?: boolean;
  /** The protocol that the service speaks where neither a header nor the content type names one. */
  readonly rest?: "json" | "xml";
}

export type Sdks = typeof sdks;
export type ServiceName = keyof Sdks;
type Client<S extends ServiceName> = Awaited<ReturnType<Sdks[S]["load"]>>;

/** The names of the operations that the SDK knows of a service. */
export type OperationName<S extends ServiceName> = {
  [K in keyof Client<S>]: K extends `${infer Operation}Command`
    ? Operation extends "$"
      ? never
      : Operation
    : never;
}[keyof Client<S>] &
  string;

type CommandOf<S extends ServiceName, O extends string> = Client<S>[`${O}Command` &
  keyof Client<S>];

export type InputOf<S extends ServiceName, O extends string> =
  CommandOf<S, O> extends new (
    // Where nothing is required, the SDK lets the whole input be left out: the arguments are `[] | [input]`.
    ...args: infer Arguments
  ) => unknown
    ? Arguments extends readonly [infer Input]
      ? Input
      : never
    : never;

export type OutputOf<S extends ServiceName, O extends string> =
  CommandOf<S, O> extends new (
    // biome-ignore lint/suspicious/noExplicitAny: a command's constructor takes its own input, which any stands for
    input: any,
  ) => { resolveMiddleware: (...rest: never[]) => (...args: never[]) => Promise<infer Response> }
    ? Response extends { output: infer Output }
      ? Omit<Output, "$metadata">
      : Omit<Response, "$metadata">
    : never;
