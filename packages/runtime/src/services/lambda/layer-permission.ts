import { rootArn } from "../../arn.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { resourceNotFound } from "./errors.ts";
import { layerKeys, layerReference, layerVersionArn, requireLayerVersion } from "./layer.ts";
import { addStatement, policyText, removeStatement } from "./permission.ts";
import type { PolicyRecord, Statement } from "./record.ts";

export const addLayerVersionPermission: OperationOf<"lambda", "AddLayerVersionPermission"> = async (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  const { VersionNumber: version = 0 } = input;
  new Constraints()
    .required("statementId", input.StatementId)
    .required("action", input.Action)
    .required("principal", input.Principal)
    .pattern("statementId", input.StatementId, "([a-zA-Z0-9-_]+)")
    .pattern("action", input.Action, "lambda:GetLayerVersion")
    .pattern("principal", input.Principal, "\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root")
    .check("ValidationException");
  const organization = input.OrganizationId;
  const principal = input.Principal ?? "";
  const statement: Statement = {
    Sid: input.StatementId ?? "",
    Effect: "Allow",
    Principal:
      principal === "*"
        ? "*"
        : { AWS: principal.startsWith("arn:") ? principal : rootArn(principal) },
    Action: input.Action ?? "",
    Resource: layerVersionArn(layer, version),
    ...(organization === undefined
      ? {}
      : { Condition: { StringEquals: { "aws:PrincipalOrgID": organization } } }),
  };
  const policy = await cloud.store.write((tx) => {
    requireLayerVersion(tx, layer, version);
    const key = layerKeys.policy(layer, version);
    return addStatement(tx, key, statement, input.RevisionId, "GetLayerPolicy");
  });
  return { Statement: JSON.stringify(statement), RevisionId: policy.revisionId };
};

export const removeLayerVersionPermission: OperationOf<
  "lambda",
  "RemoveLayerVersionPermission"
> = async ({ cloud, caller }, input) => {
  const layer = layerReference(caller, input.LayerName);
  const { VersionNumber: version = 0, StatementId: statementId = "" } = input;
  await cloud.store.write((tx) => {
    requireLayerVersion(tx, layer, version);
    const key = layerKeys.policy(layer, version);
    removeStatement(tx, key, statementId, input.RevisionId, "GetLayerPolicy");
  });
  return {};
};

export const getLayerVersionPolicy: OperationOf<"lambda", "GetLayerVersionPolicy"> = (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  const { VersionNumber: version = 0 } = input;
  const policy = cloud.store.read((tx) => {
    requireLayerVersion(tx, layer, version);
    return tx.get<PolicyRecord>(layerKeys.policy(layer, version));
  });
  if (!policy) throw resourceNotFound("No policy is associated with the given resource.");
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};
