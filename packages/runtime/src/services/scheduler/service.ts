import { defineService } from "../../service.ts";
import { buryDeadLetter, DEAD_LETTER } from "./dead-letter.ts";
import {
  createScheduleGroup,
  deleteScheduleGroup,
  getScheduleGroup,
  listScheduleGroups,
} from "./group-operations.ts";
import { INVOCATION, invoke } from "./invocation.ts";
import { scheduleClock } from "./schedule-clock.ts";
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  updateSchedule,
} from "./schedule-operations.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";

/** EventBridge Scheduler: schedules, and the calls that they make when their time comes. */
export const scheduler = defineService({
  name: "scheduler",
  operations: {
    CreateSchedule: createSchedule,
    CreateScheduleGroup: createScheduleGroup,
    DeleteSchedule: deleteSchedule,
    DeleteScheduleGroup: deleteScheduleGroup,
    GetSchedule: getSchedule,
    GetScheduleGroup: getScheduleGroup,
    ListScheduleGroups: listScheduleGroups,
    ListSchedules: listSchedules,
    ListTagsForResource: listTagsForResource,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateSchedule: updateSchedule,
  },
  owed: { [INVOCATION]: invoke, [DEAD_LETTER]: buryDeadLetter },
  start: (cloud) => {
    cloud.derived(scheduleClock).look();
    return () => cloud.derived(scheduleClock).stop();
  },
});
