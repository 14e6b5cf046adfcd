import { defineService } from "../../service.ts";
import { buryDiscarded, DISCARDED } from "./discarded.ts";
import {
  createPipe,
  deletePipe,
  describePipe,
  listPipes,
  startPipe,
  stopPipe,
  updatePipe,
} from "./operations.ts";
import { runnersOf } from "./runners.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";

/** EventBridge Pipes: from a source through a filter and an enrichment to a target. */
export const pipes = defineService({
  name: "pipes",
  operations: {
    CreatePipe: createPipe,
    DeletePipe: deletePipe,
    DescribePipe: describePipe,
    ListPipes: listPipes,
    ListTagsForResource: listTagsForResource,
    StartPipe: startPipe,
    StopPipe: stopPipe,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdatePipe: updatePipe,
  },
  owed: { [DISCARDED]: buryDiscarded },
  start: (cloud) => {
    const runners = cloud.derived(runnersOf);
    runners.start();
    return () => runners.stop();
  },
});
