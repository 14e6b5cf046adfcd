import { defineService } from "../../service.ts";
import { createActivity, deleteActivity, describeActivity, listActivities } from "./activity.ts";
import {
  createStateMachineAlias,
  deleteStateMachineAlias,
  describeStateMachineAlias,
  listStateMachineAliases,
  updateStateMachineAlias,
} from "./alias.ts";
import { createStateMachine } from "./create-machine.ts";
import { deleteStateMachine, describeStateMachine, listStateMachines } from "./describe-machine.ts";
import { getActivityTask } from "./execution/activity-task.ts";
import { describeExecution, describeStateMachineForExecution } from "./execution/describe.ts";
import { getExecutionHistory } from "./execution/get-history.ts";
import { listExecutions } from "./execution/list.ts";
import { describeMapRun, listMapRuns, updateMapRun } from "./execution/map-run/operations.ts";
import { redriveExecution } from "./execution/redrive.ts";
import { startRuns } from "./execution/runs.ts";
import { startExecution, startSyncExecution } from "./execution/start.ts";
import { putStatusEvent, STATUS_EVENT } from "./execution/status-event.ts";
import { stopExecution } from "./execution/stop.ts";
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from "./execution/task-answer.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";
import { splitTestCase } from "./task/mock/mocks.ts";
import { testState } from "./test-state/test-state.ts";
import { updateStateMachine } from "./update-machine.ts";
import { validateStateMachineDefinition } from "./validate-definition.ts";
import {
  deleteStateMachineVersion,
  listStateMachineVersions,
  publishStateMachineVersion,
} from "./version.ts";

/** Step Functions: state machines, and their executions. */
export const sfn = defineService({
  name: "sfn",
  operations: {
    CreateActivity: createActivity,
    CreateStateMachine: createStateMachine,
    CreateStateMachineAlias: createStateMachineAlias,
    DeleteActivity: deleteActivity,
    DeleteStateMachine: deleteStateMachine,
    DeleteStateMachineAlias: deleteStateMachineAlias,
    DeleteStateMachineVersion: deleteStateMachineVersion,
    DescribeActivity: describeActivity,
    DescribeExecution: describeExecution,
    DescribeMapRun: describeMapRun,
    DescribeStateMachine: describeStateMachine,
    DescribeStateMachineAlias: describeStateMachineAlias,
    DescribeStateMachineForExecution: describeStateMachineForExecution,
    GetActivityTask: getActivityTask,
    GetExecutionHistory: getExecutionHistory,
    ListActivities: listActivities,
    ListExecutions: listExecutions,
    ListMapRuns: listMapRuns,
    ListStateMachineAliases: listStateMachineAliases,
    ListStateMachines: listStateMachines,
    ListStateMachineVersions: listStateMachineVersions,
    ListTagsForResource: listTagsForResource,
    PublishStateMachineVersion: publishStateMachineVersion,
    RedriveExecution: redriveExecution,
    SendTaskFailure: sendTaskFailure,
    SendTaskHeartbeat: sendTaskHeartbeat,
    SendTaskSuccess: sendTaskSuccess,
    StartExecution: startExecution,
    StartSyncExecution: startSyncExecution,
    StopExecution: stopExecution,
    TagResource: tagResource,
    TestState: testState,
    UntagResource: untagResource,
    UpdateMapRun: updateMapRun,
    UpdateStateMachine: updateStateMachine,
    UpdateStateMachineAlias: updateStateMachineAlias,
    ValidateStateMachineDefinition: validateStateMachineDefinition,
  },
  carries: {
    StartExecution: (_caller, { stateMachineArn }) => splitTestCase(stateMachineArn ?? "").arn,
    StartSyncExecution: (_caller, { stateMachineArn }) => splitTestCase(stateMachineArn ?? "").arn,
  },
  owed: {
    [STATUS_EVENT]: putStatusEvent,
  },
  start: startRuns,
});
