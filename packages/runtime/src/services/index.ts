import type { AnyServiceDefinition } from "../service.ts";
import { cloudwatch } from "./cloudwatch/service.ts";
import { dynamodb } from "./dynamodb/service.ts";
import { dynamodbstreams } from "./dynamodbstreams/service.ts";
import { eventbridge } from "./eventbridge/service.ts";
import { iam } from "./iam/service.ts";
import { lambda } from "./lambda/service.ts";
import { logs } from "./logs/service.ts";
import { pipes } from "./pipes/service.ts";
import { scheduler } from "./scheduler/service.ts";
import { sfn } from "./sfn/service.ts";
import { sns } from "./sns/service.ts";
import { sqs } from "./sqs/service.ts";
import { sts } from "./sts/service.ts";

/** Every service of the cloud. One that starts work of its own stands behind what that work calls. */
export const services: readonly AnyServiceDefinition[] = [
  cloudwatch,
  logs,
  iam,
  sts,
  sqs,
  sns,
  dynamodb,
  dynamodbstreams,
  lambda,
  eventbridge,
  sfn,
  scheduler,
  pipes,
];
