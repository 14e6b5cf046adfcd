import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { UNZIPPED_BYTES_MAX } from "./archive.ts";
import { ZIPPED_BYTES_MAX } from "./code.ts";
import { functionNotFound, invalidParameter } from "./errors.ts";
import { ACCOUNT_CONCURRENCY, executionOf } from "./execution.ts";
import { putFunction } from "./function.ts";
import { functionArn, LATEST, wholeFunctionName } from "./names.ts";
import {
  type FunctionRecord,
  type FunctionVersion,
  findFunction,
  keys,
  requireFunction,
} from "./record.ts";

/** What is left to functions without a reservation, at the least (Lambda quotas, "Reserved concurrency"). */
const UNRESERVED_CONCURRENCY_MIN = 100;
/** 75 GB of packages and layers (Lambda quotas). */
const TOTAL_CODE_BYTES_MAX = 80_530_636_800;

export const putFunctionConcurrency: OperationOf<"lambda", "PutFunctionConcurrency"> = async (
  { cloud, caller },
  input,
) => {
  const name = wholeFunctionName(caller, input.FunctionName);
  const { ReservedConcurrentExecutions: reserved = 0 } = input;
  new Constraints()
    .required("reservedConcurrentExecutions", input.ReservedConcurrentExecutions)
    .range("reservedConcurrentExecutions", input.ReservedConcurrentExecutions, { min: 0 })
    .check("ValidationException");
  await cloud.store.write((tx) => {
    const record = findFunction(tx, caller, name);
    if (!record) throw functionNotFound(functionArn(caller, name, LATEST));
    let others = 0;
    for (const { value } of tx.range<FunctionRecord>({ prefix: keys.functions(caller) }))
      if (value.latest.name !== name) others += value.reservedConcurrentExecutions ?? 0;
    if (ACCOUNT_CONCURRENCY - others - reserved < UNRESERVED_CONCURRENCY_MIN)
      throw invalidParameter(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`,
      );
    putFunction(cloud, tx, caller, { ...record, reservedConcurrentExecutions: reserved });
    tx.afterCommit(() => executionOf(cloud).forgetReserved(caller));
  });
  return { ReservedConcurrentExecutions: reserved };
};

export const getFunctionConcurrency: OperationOf<"lambda", "GetFunctionConcurrency"> = (
  { cloud, caller },
  input,
) => {
  const name = wholeFunctionName(caller, input.FunctionName);
  const { reservedConcurrentExecutions } = cloud.store.read((tx) =>
    requireFunction(tx, caller, name),
  );
  return reservedConcurrentExecutions === undefined
    ? {}
    : { ReservedConcurrentExecutions: reservedConcurrentExecutions };
};

export const deleteFunctionConcurrency: OperationOf<"lambda", "DeleteFunctionConcurrency"> = async (
  { cloud, caller },
  input,
) => {
  const name = wholeFunctionName(caller, input.FunctionName);
  await cloud.store.write((tx) => {
    const { reservedConcurrentExecutions: _, ...record } = requireFunction(tx, caller, name);
    putFunction(cloud, tx, caller, record);
    tx.afterCommit(() => executionOf(cloud).forgetReserved(caller));
  });
  return {};
};

export const getAccountSettings: OperationOf<"lambda", "GetAccountSettings"> = ({
  cloud,
  caller: { account, region },
}) => {
  const nouns = ["version", "layer-version"] as const;
  const { functionCount, totalCodeBytes } = cloud.store.read((tx) => {
    let functionCount = 0;
    let totalCodeBytes = 0;
    for (const { value } of tx.range<FunctionRecord>({
      prefix: keys.functions({ account, region }),
    })) {
      functionCount += 1;
      totalCodeBytes += value.latest.codeSizeBytes;
    }
    for (const noun of nouns)
      for (const { value } of tx.range<FunctionVersion>({
        prefix: ["lambda", account, region, noun],
      }))
        totalCodeBytes += value.codeSizeBytes;
    return { functionCount, totalCodeBytes };
  });
  return {
    AccountLimit: {
      TotalCodeSize: TOTAL_CODE_BYTES_MAX,
      CodeSizeUnzipped: UNZIPPED_BYTES_MAX,
      CodeSizeZipped: ZIPPED_BYTES_MAX,
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions:
        ACCOUNT_CONCURRENCY - executionOf(cloud).reservedTotal({ account, region }),
    },
    AccountUsage: { TotalCodeSize: totalCodeBytes, FunctionCount: functionCount },
  };
};
