import { randomUUID } from "node:crypto";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { invalidParameter, invalidValue, missingParameter } from "./errors.ts";
import { type Message, readTally } from "./message.ts";
import { makeQueues, parseQueueArn, type Queue, type QueueName, readQueue } from "./queue.ts";
import { sourcesOf } from "./redrive.ts";
import { type MessageStorage, openMessages, openMessagesIfAny } from "./storage.ts";

/** A task that moves messages out of a dead-letter queue, under `move-task source-queue-id number`. */
interface MoveTask {
  readonly taskId: string;
  readonly number: number;
  readonly status: "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";
  readonly source: QueueName;
  readonly sourceArn: string;
  readonly destinationArn?: string;
  readonly messagesPerSecond?: number;
  readonly moved: number;
  readonly toMove: number;
  /** Messages that came after the start are left: or a task would chase what comes back for ever. */
  readonly lastSequence: number;
  readonly startedAt: number;
  readonly failureReason?: string;
}

interface MoveStep {
  readonly key: Key;
}

export const MOVE = "sqs:move";
const RATE_MAX = 500;
const TASKS_LISTED_MAX = 10;
const STEP_MS = 1_000;
/** Messages moved in one transaction, so that nobody waits long behind it. */
const MESSAGES_PER_TRANSACTION = 100;

function tasksOf({ account, region, id }: Queue): Key {
  return ["sqs", account, region, "move-task", id];
}

/** The queue of an ARN of the caller's. Throws `ResourceNotFoundException`, naming the parameter. */
function requireQueueOfArn(cloud: Cloud, arn: string | undefined, parameter: string): Queue {
  if (!arn) throw missingParameter(parameter);
  const name = parseQueueArn(arn);
  if (!name)
    throw invalidParameter(
      `You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
    );
  const queue = cloud.derived(makeQueues).get(name);
  if (!queue)
    throw new ServiceError(
      "ResourceNotFoundException",
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    );
  return queue;
}

/** The task started last, first. */
function latestTasks(tx: ReadTransaction, source: Queue, limit: number): MoveTask[] {
  const range = tx.range<MoveTask>({ prefix: tasksOf(source), reverse: true, limit });
  return [...range].map(({ value }) => value);
}

function isActive({ status }: MoveTask): boolean {
  return status === "RUNNING" || status === "CANCELLING";
}

/** StartMessageMoveTask: from a dead-letter queue back to where its messages came from, or to one queue. */
export const startMessageMoveTask: OperationOf<"sqs", "StartMessageMoveTask"> = async (
  { cloud },
  input,
) => {
  const source = requireQueueOfArn(cloud, input.SourceArn, "SourceArn");
  const rate = input.MaxNumberOfMessagesPerSecond;
  if (rate !== undefined && (!Number.isInteger(rate) || rate < 1 || rate > RATE_MAX))
    throw invalidValue("MaxNumberOfMessagesPerSecond", rate, `Must be between 1 and ${RATE_MAX}.`);
  const destination = input.DestinationArn
    ? requireQueueOfArn(cloud, input.DestinationArn, "DestinationArn")
    : undefined;
  if (destination?.id === source.id)
    throw invalidParameter("Source queue arn and destination queue arn cannot be the same.");
  if (destination && destination.fifo !== source.fifo)
    throw invalidParameter("Source queue and destination queue must be of the same type.");
  const task = await cloud.store.write((tx) => {
    for (const _ of sourcesOf(tx, source)) return start(cloud, tx, source, input);
    throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
  });

  return { TaskHandle: taskHandle(task) };
};

function start(
  cloud: Cloud,
  tx: WriteTransaction,
  source: Queue,
  input: { DestinationArn?: string | undefined; MaxNumberOfMessagesPerSecond?: number | undefined },
): MoveTask {
  const [last] = latestTasks(tx, source, 1);
  if (last && isActive(last))
    throw invalidParameter(
      "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    );
  const { account, region, name } = source;
  const tally = readTally(tx, source);
  const task: MoveTask = {
    taskId: randomUUID(),
    number: (last?.number ?? 0) + 1,
    status: "RUNNING",
    source: { account, region, name },
    sourceArn: source.arn,
    ...(input.DestinationArn !== undefined && { destinationArn: input.DestinationArn }),
    ...(input.MaxNumberOfMessagesPerSecond !== undefined && {
      messagesPerSecond: input.MaxNumberOfMessagesPerSecond,
    }),
    moved: 0,
    toMove: tally?.messages ?? 0,
    lastSequence: tally?.sequence ?? 0,
    startedAt: cloud.clock.now(),
  };
  const key: Key = [...tasksOf(source), task.number];
  tx.put(key, task);
  const caller = { account, region, principal: "sqs.amazonaws.com" };
  const payload: MoveStep = { key };
  cloud.owed.add(tx, { kind: MOVE, caller, payload });
  return task;
}

function taskHandle({ taskId, sourceArn }: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn })).toString("base64");
}

function parseTaskHandle(handle: string | undefined): { taskId: string; sourceArn: string } {
  if (!handle) throw missingParameter("TaskHandle");
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString());
    if (typeof taskId === "string" && typeof sourceArn === "string") return { taskId, sourceArn };
  } catch {
    // Not a handle that was ever given: answered below.
  }
  throw invalidParameter("Value for parameter TaskHandle is invalid.");
}

/** CancelMessageMoveTask: what was moved stays where it is. */
export const cancelMessageMoveTask: OperationOf<"sqs", "CancelMessageMoveTask"> = async (
  { cloud },
  input,
) => {
  const { taskId, sourceArn } = parseTaskHandle(input.TaskHandle);
  const source = requireQueueOfArn(cloud, sourceArn, "SourceArn");
  return cloud.store.write((tx) => {
    const task = latestTasks(tx, source, TASKS_LISTED_MAX).find((one) => one.taskId === taskId);
    if (!task) throw new ServiceError("ResourceNotFoundException", "Task does not exist.");
    if (task.status !== "RUNNING") throw invalidParameter("Only active tasks can be cancelled.");
    tx.put([...tasksOf(source), task.number], { ...task, status: "CANCELLING" });
    return { ApproximateNumberOfMessagesMoved: task.moved };
  });
};

/** ListMessageMoveTasks: the latest of a source queue, the last one by default. */
export const listMessageMoveTasks: OperationOf<"sqs", "ListMessageMoveTasks"> = (
  { cloud },
  input,
) => {
  const source = requireQueueOfArn(cloud, input.SourceArn, "SourceArn");
  const limit = input.MaxResults ?? 1;
  if (!Number.isInteger(limit) || limit < 1 || limit > TASKS_LISTED_MAX)
    throw invalidValue("MaxResults", limit, `Must be between 1 and ${TASKS_LISTED_MAX}.`);
  const tasks = cloud.store.read((tx) => latestTasks(tx, source, limit));
  return {
    Results: tasks.map((task) => ({
      ...(task.status === "RUNNING" && { TaskHandle: taskHandle(task) }),
      Status: task.status,
      SourceArn: task.sourceArn,
      ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
      ...(task.messagesPerSecond !== undefined && {
        MaxNumberOfMessagesPerSecond: task.messagesPerSecond,
      }),
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      ...(task.failureReason !== undefined && { FailureReason: task.failureReason }),
      StartedTimestamp: task.startedAt,
    })),
  };
};

/** Does a task's next step: a second's worth of messages, or all there are when no rate was set. */
export async function moveMessages(
  cloud: Cloud,
  { payload: { key } }: Owed<MoveStep>,
): Promise<OwedOutcome> {
  for (let budget = Number.POSITIVE_INFINITY; !cloud.stopping.aborted; ) {
    const { task, left } = await cloud.store.write((tx) => step(cloud, tx, key, budget));
    if (!task || !isActive(task)) return DONE;
    budget = left;
    if (budget <= 0) break;
  }
  return { done: false, againAt: cloud.clock.now() + STEP_MS };
}

/** Moves one transaction's worth, and writes how the task stands; `left` is what this second still allows. */
function step(
  cloud: Cloud,
  tx: WriteTransaction,
  key: Key,
  budget: number,
): { task: MoveTask | undefined; left: number } {
  const task = tx.get<MoveTask>(key);
  if (!task || !isActive(task)) return { task: undefined, left: 0 };
  if (task.status === "CANCELLING") return { task: put(tx, key, task, "CANCELLED"), left: 0 };
  const source = readQueue(tx, task.source);
  const storage = source && openMessagesIfAny(cloud, tx, source);
  if (!storage) return { task: put(tx, key, task, "FAILED", NO_QUEUE), left: 0 };
  const allowed = Math.min(budget, task.messagesPerSecond ?? Number.POSITIVE_INFINITY);
  const { moved, failure, more } = moveSome(cloud, storage, task, allowed);
  storage.finish();
  const after: MoveTask = { ...task, moved: task.moved + moved };
  if (failure !== undefined) return { task: put(tx, key, after, "FAILED", failure), left: 0 };
  if (!more) return { task: put(tx, key, after, "COMPLETED"), left: 0 };
  return { task: put(tx, key, after, "RUNNING"), left: allowed - moved };
}

/** The reasons that AWS shows (localstack's recorded answers of AWS; re:Post "CouldNotDetermineMessageSource"). */
const NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue";
const NO_SOURCE = "CouldNotDetermineMessageSource";

function put(
  tx: WriteTransaction,
  key: Key,
  task: MoveTask,
  status: MoveTask["status"],
  failureReason?: string,
): MoveTask {
  const after: MoveTask = {
    ...task,
    status,
    ...(failureReason !== undefined && { failureReason }),
  };
  tx.put(key, after);
  return after;
}

function moveSome(
  cloud: Cloud,
  storage: MessageStorage,
  task: MoveTask,
  allowed: number,
): { moved: number; failure?: string; more: boolean } {
  const destinations = new Map<string, MessageStorage>();
  const most = Math.min(allowed, MESSAGES_PER_TRANSACTION);
  let moved = 0;
  let failure: string | undefined;
  let more = false;
  for (const message of storage.available()) {
    if (message.sequence > task.lastSequence) continue;
    if (moved >= most) {
      more = true;
      break;
    }
    const arn = task.destinationArn ?? message.deadLetterSourceArn;
    const destination = arn && openDestination(cloud, storage, destinations, arn);
    if (!destination) {
      failure = arn ? NO_QUEUE : NO_SOURCE;
      break;
    }
    moveMessage(storage, destination, message);
    moved += 1;
  }
  for (const destination of destinations.values()) destination.finish();
  return { moved, more, ...(failure !== undefined && { failure }) };
}

function openDestination(
  cloud: Cloud,
  { tx }: MessageStorage,
  open: Map<string, MessageStorage>,
  arn: string,
): MessageStorage | undefined {
  const known = open.get(arn);
  if (known) return known;
  const name = parseQueueArn(arn);
  const queue = name && readQueue(tx, name);
  if (!queue) return undefined;
  const storage = openMessages(cloud, tx, queue);
  open.set(arn, storage);
  return storage;
}

/**
 * A message that is moved back is a new message, with an id and a time of sending of its own (SQS developer guide,
 * "Configuring a dead-letter queue redrive").
 */
function moveMessage(from: MessageStorage, to: MessageStorage, message: Message): void {
  const body = from.body(message);
  from.remove(message);
  const {
    body: _,
    sequence: __,
    deadLetterSourceArn: ___,
    receivedAt: ____,
    firstReceivedAt: _____,
    ...rest
  } = message;
  to.insert(
    {
      ...rest,
      messageId: randomUUID(),
      sentAt: from.now,
      visibleAt: from.now + to.queue.settings.delayMs,
      receives: 0,
      receiveCount: 0,
    },
    body,
  );
}
