import { defineService } from "../../service.ts";
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
import { listTargetsByRule, putTargets, removeTargets } from "./target-operations.ts";

/** EventBridge: buses, their rules, and what those owe their targets. */
export const eventbridge = defineService({
  name: "eventbridge",
  operations: {
    CreateEventBus: createEventBus,
    DeleteEventBus: deleteEventBus,
    DeleteRule: deleteRule,
    DescribeEventBus: describeEventBus,
    DescribeRule: describeRule,
    DisableRule: disableRule,
    EnableRule: enableRule,
    ListEventBuses: listEventBuses,
    ListRuleNamesByTarget: listRuleNamesByTarget,
    ListRules: listRules,
    ListTargetsByRule: listTargetsByRule,
    PutEvents: putEvents,
    PutPermission: putPermission,
    PutRule: putRule,
    PutTargets: putTargets,
    RemovePermission: removePermission,
    RemoveTargets: removeTargets,
    TestEventPattern: testEventPattern,
    UpdateEventBus: updateEventBus,
  },
  carries: { PutEvents: (caller, input) => chainTakenInBy(caller, input.Entries ?? []) },
  owed: { [DELIVERY]: deliver, [DEAD_LETTER]: buryDeadLetter },
  start: (cloud) => {
    cloud.derived(ruleClock).start();
    return () => cloud.derived(ruleClock).stop();
  },
});
