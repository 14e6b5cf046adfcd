import type { OperationOf } from "../../service.ts";
import { parseLocalTopicArn } from "./arn.ts";
import { invalidParameter } from "./errors.ts";
import { requireTopic, type Topic, topicKey } from "./topic.ts";

/** Source: API reference, PutDataProtectionPolicy. */
const DATA_PROTECTION_POLICY_LENGTH_MAX = 30_720;

/** The policy is kept and answered with; messages are not inspected by it. */
export const putDataProtectionPolicy: OperationOf<"sns", "PutDataProtectionPolicy"> = async (
  call,
  input,
) => {
  const arn = parseLocalTopicArn(call.caller, input.ResourceArn, "ResourceArn");
  const { DataProtectionPolicy: policy } = input;
  if (policy === undefined || policy.length > DATA_PROTECTION_POLICY_LENGTH_MAX)
    throw invalidParameter("DataProtectionPolicy");
  await call.cloud.store.write((tx) => {
    const { dataProtectionPolicy: _, ...topic } = requireTopic(tx, arn);
    const changed = policy === "" ? topic : { ...topic, dataProtectionPolicy: policy };
    tx.put<Topic>(topicKey(arn), changed);
  });
  return {};
};

export const getDataProtectionPolicy: OperationOf<"sns", "GetDataProtectionPolicy"> = (
  call,
  input,
) => {
  const arn = parseLocalTopicArn(call.caller, input.ResourceArn, "ResourceArn");
  const { dataProtectionPolicy } = call.cloud.store.read((tx) => requireTopic(tx, arn));
  return { DataProtectionPolicy: dataProtectionPolicy ?? "" };
};
