import { defineService } from "../../service.ts";
import {
  createArchive,
  deleteArchive,
  describeArchive,
  listArchives,
  updateArchive,
} from "./archive-operations.ts";
import {
  createEventBus,
  deleteEventBus,
  describeEventBus,
  listEventBuses,
  updateEventBus,
} from "./bus-operations.ts";
import { putPermission, removePermission } from "./bus-permission.ts";
import { buryDeadLetter, DEAD_LETTER } from "./dead-letter.ts";
import { DELIVERY, deliver } from "./delivery.ts";
import { testEventPattern } from "./event-pattern.ts";
import { chainTakenInBy, putEvents } from "./put-events.ts";
import { REPLAY, replayOn } from "./replay.ts";
import { cancelReplay, describeReplay, listReplays, startReplay } from "./replay-operations.ts";
import { ruleClock } from "./rule-clock.ts";
import {
  deleteRule,
  describeRule,
  disableRule,
  enableRule,
  listRuleNamesByTarget,
  listRules,
  putRule,
} from "./rule-operations.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";
import { listTargetsByRule, putTargets, removeTargets } from "./target-operations.ts";

/** EventBridge: buses, their rules, and what those owe their targets. */
export const eventbridge = defineService({
  name: "eventbridge",
  operations: {
    CancelReplay: cancelReplay,
    CreateArchive: createArchive,
    CreateEventBus: createEventBus,
    DeleteArchive: deleteArchive,
    DeleteEventBus: deleteEventBus,
    DeleteRule: deleteRule,
    DescribeArchive: describeArchive,
    DescribeEventBus: describeEventBus,
    DescribeReplay: describeReplay,
    DescribeRule: describeRule,
    DisableRule: disableRule,
    EnableRule: enableRule,
    ListArchives: listArchives,
    ListEventBuses: listEventBuses,
    ListReplays: listReplays,
    ListRuleNamesByTarget: listRuleNamesByTarget,
    ListRules: listRules,
    ListTagsForResource: listTagsForResource,
    ListTargetsByRule: listTargetsByRule,
    PutEvents: putEvents,
    PutPermission: putPermission,
    PutRule: putRule,
    PutTargets: putTargets,
    RemovePermission: removePermission,
    RemoveTargets: removeTargets,
    StartReplay: startReplay,
    TagResource: tagResource,
    TestEventPattern: testEventPattern,
    UntagResource: untagResource,
    UpdateArchive: updateArchive,
    UpdateEventBus: updateEventBus,
  },
  carries: { PutEvents: (caller, input) => chainTakenInBy(caller, input.Entries ?? []) },
  owed: { [DELIVERY]: deliver, [DEAD_LETTER]: buryDeadLetter, [REPLAY]: replayOn },
  start: (cloud) => {
    cloud.derived(ruleClock).start();
    return () => cloud.derived(ruleClock).stop();
  },
});
