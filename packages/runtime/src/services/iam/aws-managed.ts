import { arn } from "../../arn.ts";
import type { Document } from "./document.ts";

/** A policy that AWS keeps, the same for every account. */
export interface AwsManagedPolicy {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  /** Undefined for a policy that is known here by its ARN alone: it can be attached all the same. */
  readonly document: Document | undefined;
}

const ARN = /^arn:aws[a-z-]*:iam::aws:policy(\/(?:[\w+=,.@-]+\/)*)([\w+=,.@-]+)$/;

/** The policy of an ARN of AWS's form; undefined for the ARN of an account's own. */
export function awsManagedPolicy(arn: string): AwsManagedPolicy | undefined {
  const [, path, name] = ARN.exec(arn) ?? [];
  if (path === undefined || name === undefined) return undefined;
  const statements = STATEMENTS[`${path}${name}`];
  const document =
    statements && JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2);
  return { arn, name, path, document };
}

/** All that have a document here. */
export function awsManagedPolicies(): AwsManagedPolicy[] {
  return Object.keys(STATEMENTS).map(
    (name) => awsManagedPolicy(arn("iam", "", "aws", `policy${name}`))!,
  );
}

interface Statement {
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: string;
}

const allow = (...actions: string[]): Statement => ({
  Effect: "Allow",
  Action: actions.length === 1 ? actions[0]! : actions,
  Resource: "*",
});

const WRITE_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/**
 * What the policies allow that deployments of functions, queues, topics and tables attach: what each is for, and not
 * AWS's text to the letter, which has statement ids, more narrow resources and new versions. That text is told in the
 * AWS Managed Policy Reference Guide, https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
 */
const STATEMENTS: Readonly<Record<string, readonly Statement[]>> = {
  "/AdministratorAccess": [allow("*")],
  "/service-role/AWSLambdaBasicExecutionRole": [allow(...WRITE_LOGS)],
  "/service-role/AWSLambdaSQSQueueExecutionRole": [
    allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...WRITE_LOGS),
  ],
  "/service-role/AWSLambdaDynamoDBExecutionRole": [
    allow(
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      ...WRITE_LOGS,
    ),
  ],
  "/service-role/AWSLambdaKinesisExecutionRole": [
    allow(
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
      "kinesis:ListStreams",
      "kinesis:SubscribeToShard",
      ...WRITE_LOGS,
    ),
  ],
  "/service-role/AWSLambdaVPCAccessExecutionRole": [
    allow(
      ...WRITE_LOGS,
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ),
  ],
  "/service-role/AWSLambdaRole": [allow("lambda:InvokeFunction")],
  "/AWSLambdaInvocation-DynamoDB": [
    allow("lambda:InvokeFunction"),
    allow(
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    ),
  ],
  "/AmazonSQSFullAccess": [allow("sqs:*")],
  "/AmazonSQSReadOnlyAccess": [
    allow(
      "sqs:GetQueueAttributes",
      "sqs:GetQueueUrl",
      "sqs:ListDeadLetterSourceQueues",
      "sqs:ListQueues",
      "sqs:ListMessageMoveTasks",
      "sqs:ListQueueTags",
    ),
  ],
  "/AmazonSNSFullAccess": [allow("sns:*")],
  "/AmazonSNSReadOnlyAccess": [allow("sns:GetTopicAttributes", "sns:List*")],
  "/AWSStepFunctionsFullAccess": [allow("states:*")],
  "/AWSXRayDaemonWriteAccess": [
    allow(
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:GetSamplingStatisticSummaries",
    ),
  ],
  "/CloudWatchLogsFullAccess": [allow("logs:*", "cloudwatch:GenerateQuery")],
};
