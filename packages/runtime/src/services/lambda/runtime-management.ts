import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { invalidParameter } from "./errors.ts";
import { putFunction, qualifiedVersion } from "./function.ts";
import { functionArn, functionReference, LATEST } from "./names.ts";
import { requireFunction } from "./record.ts";

/** How a function's runtime is updated: kept and told; there is one version of each runtime here. */
export const getRuntimeManagementConfig: OperationOf<"lambda", "GetRuntimeManagementConfig"> = (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  const record = cloud.store.read((tx) => {
    qualifiedVersion(tx, caller, name, qualifier);
    return requireFunction(tx, caller, name);
  });
  return {
    UpdateRuntimeOn: record.updateRuntimeOn ?? "Auto",
    FunctionArn: functionArn(caller, name, qualifier ?? LATEST),
    ...(record.runtimeVersionArn === undefined
      ? {}
      : { RuntimeVersionArn: record.runtimeVersionArn }),
  };
};

export const putRuntimeManagementConfig: OperationOf<
  "lambda",
  "PutRuntimeManagementConfig"
> = async ({ cloud, caller }, input) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  const { UpdateRuntimeOn: updateRuntimeOn, RuntimeVersionArn: runtimeVersionArn } = input;
  new Constraints()
    .required("updateRuntimeOn", updateRuntimeOn)
    .oneOf("updateRuntimeOn", updateRuntimeOn, ["Auto", "Manual", "FunctionUpdate"])
    .check("ValidationException");
  if (updateRuntimeOn === "Manual" && runtimeVersionArn === undefined)
    throw invalidParameter(
      "You must specify a runtime version ARN when UpdateRuntimeOn is Manual.",
    );
  const pinned = updateRuntimeOn === "Manual" && runtimeVersionArn ? { runtimeVersionArn } : {};
  await cloud.store.write((tx) => {
    qualifiedVersion(tx, caller, name, qualifier);
    const { runtimeVersionArn: _, ...record } = requireFunction(tx, caller, name);
    putFunction(cloud, tx, caller, {
      ...record,
      updateRuntimeOn: updateRuntimeOn ?? "Auto",
      ...pinned,
    });
  });
  return {
    UpdateRuntimeOn: updateRuntimeOn,
    FunctionArn: functionArn(caller, name, qualifier ?? LATEST),
    ...(pinned.runtimeVersionArn ? { RuntimeVersionArn: pinned.runtimeVersionArn } : {}),
  };
};

/** No function has a code-signing configuration here, of which AWS answers with nothing. */
export const getFunctionCodeSigningConfig: OperationOf<"lambda", "GetFunctionCodeSigningConfig"> = (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName);
  cloud.store.read((tx) => requireFunction(tx, caller, name));
  return { CodeSigningConfigArn: undefined, FunctionName: undefined };
};
