import type { SSESpecification } from "@aws-sdk/client-dynamodb";
import { arn } from "../../arn.ts";
import { invalidParameter } from "./engine/index.ts";
import type { TableRecord } from "./table.ts";

/**
 * What a table's record keeps of encryption with a key of KMS; nothing is encrypted here. Undefined where the table has
 * DynamoDB's own key, which descriptions don't show. Throws ValidationException.
 */
export function encryptionOf(
  specification: SSESpecification | undefined,
): ((table: { account: string; region: string }) => TableRecord["encryption"]) | undefined {
  if (!specification?.Enabled) {
    if (specification?.KMSMasterKeyId)
      throw invalidParameter("SSEType KMS is required if KMSMasterKeyId is specified");
    return undefined;
  }
  const { KMSMasterKeyId: id, SSEType = "KMS" } = specification;
  return ({ account, region }) => {
    const name = id ?? "alias/aws/dynamodb";
    const keyArn = name.startsWith("arn:")
      ? name
      : arn("kms", region, account, name.includes("/") ? name : `key/${name}`);
    return { type: SSEType, keyArn };
  };
}
