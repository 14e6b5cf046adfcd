import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { putFunction } from "./function.ts";
import { functionReference } from "./names.ts";
import { requireFunction } from "./record.ts";

/**
 * The recursion configuration of a function as a whole; a name with a qualifier is no name here. Source: the API
 * reference pages of GetFunctionRecursionConfig and PutFunctionRecursionConfig.
 */
export const getFunctionRecursionConfig: OperationOf<"lambda", "GetFunctionRecursionConfig"> = (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "unqualified");
  const { recursiveLoop } = cloud.store.read((tx) => requireFunction(tx, caller, name));
  return { RecursiveLoop: recursiveLoop };
};

export const putFunctionRecursionConfig: OperationOf<
  "lambda",
  "PutFunctionRecursionConfig"
> = async ({ cloud, caller }, input) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "unqualified");
  const { RecursiveLoop: recursiveLoop } = input;
  new Constraints()
    .required("recursiveLoop", recursiveLoop)
    .oneOf("recursiveLoop", recursiveLoop, ["Terminate", "Allow"])
    .check("ValidationException");
  await cloud.store.write((tx) => {
    const record = requireFunction(tx, caller, name);
    putFunction(cloud, tx, caller, {
      ...record,
      recursiveLoop: recursiveLoop ?? record.recursiveLoop,
    });
  });
  return { RecursiveLoop: recursiveLoop };
};
