import type { Cloud } from "../../cloud.ts";
import { createExecutor } from "../../functions/executor.ts";
import { defineService, type ServiceDefinition } from "../../service.ts";
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from "./alias.ts";
import { EVENT, runEvent } from "./asynchronous.ts";
import { codeOf } from "./code.ts";
import {
  deleteFunctionConcurrency,
  getAccountSettings,
  getFunctionConcurrency,
  putFunctionConcurrency,
} from "./concurrency.ts";
import { DELIVERY, deliver } from "./destination.ts";
import {
  deleteFunctionEventInvokeConfig,
  getFunctionEventInvokeConfig,
  listFunctionEventInvokeConfigs,
  putFunctionEventInvokeConfig,
  updateFunctionEventInvokeConfig,
} from "./event-invoke-config.ts";
import { eventSourceMappingOperations } from "./event-source-mapping/operations.ts";
import { startEventSourceMappings } from "./event-source-mapping/pollers.ts";
import { executionOf, type MakeExecutor } from "./execution.ts";
import {
  createFunction,
  deleteFunction,
  getFunction,
  getFunctionConfiguration,
  listFunctions,
  updateFunctionCode,
  updateFunctionConfiguration,
} from "./function.ts";
import { invoke, invokeAsync } from "./invoke.ts";
import {
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
} from "./layer.ts";
import {
  addLayerVersionPermission,
  getLayerVersionPolicy,
  removeLayerVersionPermission,
} from "./layer-permission.ts";
import { addPermission, getPolicy, removePermission } from "./permission.ts";
import { getFunctionRecursionConfig, putFunctionRecursionConfig } from "./recursion.ts";
import {
  getFunctionCodeSigningConfig,
  getRuntimeManagementConfig,
  putRuntimeManagementConfig,
} from "./runtime-management.ts";
import { listTags, tagResource, untagResource } from "./tag-operations.ts";
import { listVersionsByFunction, publishVersion } from "./version.ts";

/** Lambda on an executor: the real one, or a test's. */
export function lambdaOn(makeExecutor: MakeExecutor): ServiceDefinition<"lambda"> {
  return defineService({
    name: "lambda",
    operations: {
      CreateFunction: createFunction,
      GetFunction: getFunction,
      GetFunctionConfiguration: getFunctionConfiguration,
      ListFunctions: listFunctions,
      UpdateFunctionCode: updateFunctionCode,
      UpdateFunctionConfiguration: updateFunctionConfiguration,
      DeleteFunction: deleteFunction,
      Invoke: invoke,
      InvokeAsync: invokeAsync,
      PublishVersion: publishVersion,
      ListVersionsByFunction: listVersionsByFunction,
      CreateAlias: createAlias,
      GetAlias: getAlias,
      UpdateAlias: updateAlias,
      DeleteAlias: deleteAlias,
      ListAliases: listAliases,
      PublishLayerVersion: publishLayerVersion,
      GetLayerVersion: getLayerVersion,
      GetLayerVersionByArn: getLayerVersionByArn,
      DeleteLayerVersion: deleteLayerVersion,
      ListLayerVersions: listLayerVersions,
      ListLayers: listLayers,
      AddLayerVersionPermission: addLayerVersionPermission,
      RemoveLayerVersionPermission: removeLayerVersionPermission,
      GetLayerVersionPolicy: getLayerVersionPolicy,
      TagResource: tagResource,
      UntagResource: untagResource,
      ListTags: listTags,
      AddPermission: addPermission,
      RemovePermission: removePermission,
      GetPolicy: getPolicy,
      PutFunctionConcurrency: putFunctionConcurrency,
      GetFunctionConcurrency: getFunctionConcurrency,
      DeleteFunctionConcurrency: deleteFunctionConcurrency,
      GetAccountSettings: getAccountSettings,
      PutFunctionEventInvokeConfig: putFunctionEventInvokeConfig,
      UpdateFunctionEventInvokeConfig: updateFunctionEventInvokeConfig,
      GetFunctionEventInvokeConfig: getFunctionEventInvokeConfig,
      DeleteFunctionEventInvokeConfig: deleteFunctionEventInvokeConfig,
      ListFunctionEventInvokeConfigs: listFunctionEventInvokeConfigs,
      GetFunctionRecursionConfig: getFunctionRecursionConfig,
      PutFunctionRecursionConfig: putFunctionRecursionConfig,
      GetRuntimeManagementConfig: getRuntimeManagementConfig,
      PutRuntimeManagementConfig: putRuntimeManagementConfig,
      GetFunctionCodeSigningConfig: getFunctionCodeSigningConfig,
      ...eventSourceMappingOperations,
    },
    owed: { [EVENT]: runEvent, [DELIVERY]: deliver },
    start: (cloud) => {
      cloud.store.read((tx) => codeOf(cloud).sweep(tx));
      const execution = executionOf(cloud);
      execution.use(makeExecutor);
      const stopEventSourceMappings = startEventSourceMappings(cloud);
      return async () => {
        await stopEventSourceMappings();
        await execution.stop();
      };
    },
  });
}

export const lambda = lambdaOn(({ clock, activity, endpoint }: Cloud, log) =>
  createExecutor({ clock, activity, endpoint: () => endpoint, log }),
);
