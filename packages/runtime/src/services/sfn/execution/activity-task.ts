import type { Cloud } from "../../../cloud.ts";
import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import type { Entry } from "../../../store/store.ts";
import { requireActivity } from "../activity.ts";
import { parseActivityArn } from "../machine-arn.ts";
import { checkArnGiven } from "../names.ts";
import { type OfferedTask, offerChannel, offersKey } from "./activity-queue.ts";
import { runsOf } from "./runs.ts";

/** How long a worker that asks for a task is kept waiting for one. Source: API reference, GetActivityTask. */
const POLL_MS = 60_000;
const WORKER_NAME_LENGTH_MAX = 80;

/**
 * Gives a worker the activity's oldest task, as soon as there is one; nothing after 60 seconds without.
 * Throws `ActivityDoesNotExist`, `InvalidArn`.
 */
export const getActivityTask: OperationOf<"sfn", "GetActivityTask"> = async (call, input) => {
  const { activityArn, workerName } = input;
  checkArnGiven("activityArn", activityArn);
  new Constraints()
    .length("workerName", workerName, { min: 1, max: WORKER_NAME_LENGTH_MAX })
    .check("ValidationException");
  const { cloud, signal } = call;
  cloud.store.read((tx) => requireActivity(tx, parseActivityArn(activityArn)));
  const until = cloud.clock.now() + POLL_MS;
  for (;;) {
    const offered = cloud.wakes.listen(offerChannel(activityArn));
    const task = await takeTask(cloud, activityArn, workerName);
    if (task) {
      offered.close();
      return task;
    }
    if ((await offered.woken(until, signal)) === "timeout") return {};
  }
};

/** What workers are being given: the store has it offered until the execution has it taken. */
function makeTaken(): Set<string> {
  return new Set();
}

async function takeTask(
  cloud: Cloud,
  activityArn: string,
  workerName: string | undefined,
): Promise<{ taskToken: string; input: string } | undefined> {
  const taken = cloud.derived(makeTaken);
  for (;;) {
    const offer = cloud.store.read((tx) =>
      firstOffer(tx.range({ prefix: offersKey(activityArn) }), taken),
    );
    if (!offer) return undefined;
    const { token } = offer.value;
    taken.add(token);
    try {
      const input = await take(cloud, activityArn, offer, workerName);
      if (input !== undefined) return { taskToken: token, input };
    } finally {
      taken.delete(token);
    }
  }
}

function firstOffer(
  offers: Iterable<Entry<OfferedTask>>,
  taken: ReadonlySet<string>,
): Entry<OfferedTask> | undefined {
  for (const offer of offers) if (!taken.has(offer.value.token)) return offer;
  return undefined;
}

/** Has the execution note that its task was taken; undefined where it does not wait for that any more. */
async function take(
  cloud: Cloud,
  activityArn: string,
  { key, value: { executionId, branchId, token } }: Entry<OfferedTask>,
  workerName: string | undefined,
): Promise<string | undefined> {
  const run = runsOf(cloud).find(parseActivityArn(activityArn), executionId);
  const input = await new Promise<string | undefined>((resolve, reject) => {
    if (!run) return resolve(undefined);
    run.post({
      what: {
        kind: "taken",
        branchId,
        token,
        workerName,
        answer: (turn, input) => {
          if (input !== undefined) turn.writes.push((tx) => tx.delete(key));
          turn.effects.push(() => resolve(input));
        },
      },
      drop: (reason) => (reason === undefined ? resolve(undefined) : reject(reason)),
    });
  });
  if (input === undefined) await cloud.store.write((tx) => tx.delete(key));
  return input;
}
