import assert from "node:assert/strict";
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Cloud } from "../../../runtime/src/cloud.ts";
import type { DynamoDBSender } from "../table.ts";
import type { AnyCommand } from "./engine-table.ts";

export const CALLER = { account: "000000000000", region: "eu-central-1", principal: "test" };

/** A client without HTTP between it and the cloud's door; throttled now and then, where that is asked for. */
export function clientOf(cloud: Cloud, isThrottled: () => boolean = () => false): DynamoDBSender {
  const send = async (command: AnyCommand) => {
    if (isThrottled())
      throw Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    try {
      return await call(cloud, command);
    } catch (error) {
      throw asSdkError(error);
    }
  };
  // The overloads of `send` say which output belongs to which command; here one function serves them all.
  return { send } as DynamoDBSender;
}

function call(cloud: Cloud, command: AnyCommand): Promise<object> {
  if (command instanceof GetItemCommand)
    return cloud.call(CALLER, "dynamodb", "GetItem", command.input);
  if (command instanceof UpdateItemCommand)
    return cloud.call(CALLER, "dynamodb", "UpdateItem", command.input);
  if (command instanceof PutItemCommand)
    return cloud.call(CALLER, "dynamodb", "PutItem", command.input);
  if (command instanceof DeleteItemCommand)
    return cloud.call(CALLER, "dynamodb", "DeleteItem", command.input);
  assert(command instanceof BatchGetItemCommand);
  return cloud.call(CALLER, "dynamodb", "BatchGetItem", command.input);
}

/** An SDK error's name is the service's code, and it has the fields that came with it. */
function asSdkError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const fields = "fields" in error ? error.fields : undefined;
  return Object.assign(new Error(error.message), { name: error.code, ...(fields as object) });
}
