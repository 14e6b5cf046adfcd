const SYNC = [".sync"];
const TOKEN = [".waitForTaskToken"];
const BOTH = [".sync", ".waitForTaskToken"];
const NONE: readonly string[] = [];

/**
 * The optimized integrations: by service and action the patterns beside request-response. Source: the developer guide,
 * "Integrating optimized services with Step Functions", and the pages of the services there.
 */
export const INTEGRATIONS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  apigateway: { invoke: TOKEN },
  athena: {
    startQueryExecution: SYNC,
    stopQueryExecution: NONE,
    getQueryExecution: NONE,
    getQueryResults: NONE,
  },
  batch: { submitJob: SYNC },
  bedrock: { invokeModel: TOKEN, createModelCustomizationJob: SYNC },
  codebuild: {
    startBuild: SYNC,
    stopBuild: NONE,
    batchDeleteBuilds: NONE,
    batchGetReports: NONE,
    startBuildBatch: SYNC,
    stopBuildBatch: NONE,
    retryBuildBatch: SYNC,
    deleteBuildBatch: NONE,
  },
  databrew: { startJobRun: SYNC },
  dynamodb: { getItem: NONE, putItem: NONE, updateItem: NONE, deleteItem: NONE },
  ecs: { runTask: BOTH },
  eks: {
    call: NONE,
    runJob: SYNC,
    createCluster: SYNC,
    deleteCluster: SYNC,
    createFargateProfile: SYNC,
    deleteFargateProfile: SYNC,
    createNodegroup: SYNC,
    deleteNodegroup: SYNC,
  },
  elasticmapreduce: {
    addStep: SYNC,
    cancelStep: NONE,
    createCluster: SYNC,
    modifyInstanceFleetByName: NONE,
    modifyInstanceGroupByName: NONE,
    setClusterTerminationProtection: NONE,
    terminateCluster: SYNC,
  },
  "emr-containers": { createVirtualCluster: NONE, deleteVirtualCluster: SYNC, startJobRun: SYNC },
  "emr-serverless": {
    createApplication: SYNC,
    startApplication: SYNC,
    stopApplication: SYNC,
    deleteApplication: SYNC,
    startJobRun: SYNC,
    cancelJobRun: SYNC,
  },
  events: { putEvents: TOKEN },
  glue: { startJobRun: SYNC },
  http: { invoke: NONE },
  lambda: { invoke: TOKEN },
  mediaconvert: { createJob: SYNC },
  sagemaker: {
    createEndpoint: NONE,
    createEndpointConfig: NONE,
    createHyperParameterTuningJob: SYNC,
    createLabelingJob: SYNC,
    createModel: NONE,
    createProcessingJob: SYNC,
    createTrainingJob: SYNC,
    createTransformJob: SYNC,
    updateEndpoint: NONE,
  },
  sns: { publish: TOKEN },
  sqs: { sendMessage: TOKEN },
  states: { startExecution: [".sync", ".sync:2", ".waitForTaskToken"] },
};
