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
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";
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
    DescribeStateMachine: describeStateMachine,
    DescribeStateMachineAlias: describeStateMachineAlias,
    ListActivities: listActivities,
    ListStateMachineAliases: listStateMachineAliases,
    ListStateMachines: listStateMachines,
    ListStateMachineVersions: listStateMachineVersions,
    ListTagsForResource: listTagsForResource,
    PublishStateMachineVersion: publishStateMachineVersion,
    TagResource: tagResource,
    TestState: testState,
    UntagResource: untagResource,
    UpdateStateMachine: updateStateMachine,
    UpdateStateMachineAlias: updateStateMachineAlias,
    ValidateStateMachineDefinition: validateStateMachineDefinition,
  },
});
