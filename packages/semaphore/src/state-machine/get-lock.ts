import { START_TIME_SLACK_S } from "../decide.ts";
import { CALLED, COUNT, JOINED, LIMIT, NEXT_AVAILABLE } from "../item.ts";
import { CALL_NEXT, callNext, EXPIRES, EXPIRES_S, TOKEN } from "./call-next.ts";
import { jsonata, keyOf, numberOf, quoted, ticketKeyOf } from "./expressions.ts";
import { type After, renamed, type State, type States } from "./states.ts";
import { choose, dynamodb, RETRY_LATER, state } from "./tasks.ts";
import type { Terms } from "./terms.ts";

/** A waiter that nobody has called for so long looks for itself: units can come free without anyone's word. */
const LOOK_AGAIN_SECONDS = 60;
/** No lease is taken for over that long after its end: events between services of AWS take their time. */
const LEASE_SLACK_MS = 60_000;

const ME = "$states.context.Execution.Id";
/** When this state was entered, by Step Functions' clock; ms. */
const NOW = "$toMillis($states.context.State.EnteredTime)";

/**
 * Gets an execution its units, with DynamoDB alone.
 *
 *     Look ── held already ─────────────────────────────────────────────┐
 *      │ ├─ no item ──────────────► Create ─► Look                      │
 *      │ ├─ a lease has ended ────► Take it back ─► Look                │
 *      │ ├─ starts all taken ─────► Wait until one is to be had ─► Look │
 *      │ ├─ room, and my turn ────► Take ───────────────────────────────┴─► Wait for the start
 *      │ └─ full ─────────────────► Join the line ─► Wait to be called ─► Look
 *
 * *The holder* is an attribute of the item, named with the execution's ARN as in the original, and counted in
 * `currentlockcount`: both kinds, and the library's client, hold units of one item together. Its value is
 * `<since>/<until>`, two instants of ISO 8601. `until` is when Step Functions ends the execution for its
 * `TimeoutSeconds`: nothing of it can run later, so its units can be taken back then, whatever got lost. That is the
 * lease; it needs no renewing, and both ends are told by one clock, Step Functions'.
 *
 * *The line.* Who finds it full takes a ticket (a number: `fbjoined`), leaves its task token in an item of that number,
 * and sleeps. Who releases takes the next number (`fbcalled`) and wakes who left its token there. Woken is not served:
 * it takes the unit by the same conditional write as anyone. A newcomer takes nothing while somebody waits.
 *
 * *Starts.* The write that takes the units moves `nextavailtime` on by 1 / rate, from where it is if that lies ahead, or
 * from now; the execution waits for the instant that it got, and asks no more.
 */
export function getLock(terms: Terms, timeoutSeconds: number, after: After): State {
  return state("Parallel", {
    Comment: "Waits until this execution holds its units, and may start.",
    Branches: [waitForLock(terms, timeoutSeconds)],
    Output: jsonata("$states.input"),
    ...after,
  });
}

function waitForLock(terms: Terms, timeoutSeconds: number): States {
  return {
    StartAt: "Come to the lock",
    States: {
      "Come to the lock": state("Pass", {
        Assign: { called: false, ticket: 0, startS: 0 },
        Next: "Look",
      }),
      Look: look(terms),
      "May it go on?": mayItGoOn(terms),
      Create: create(terms),
      "Take back what a lease's end has freed": takeBack(terms),
      "Wait until a start is to be had": state("Wait", {
        Timestamp: jsonata(`$fromMillis($ceil(($nextS - ${horizonS(terms)}) * 1000))`),
        Next: "Look",
      }),
      Take: take(terms, timeoutSeconds),
      "Is there room for more?": choose([["$room", asWell(CALL_NEXT)]], "Wait for the start"),
      ...renamed(callNext(terms, "Wait for the start"), asWell),
      // Where it was held already, its start is not known any more: it lies before the next one.
      "Wait for the start": state("Wait", {
        Timestamp: jsonata("$fromMillis($ceil(($held ? $nextS : $startS) * 1000))"),
        End: true,
      }),
      "Join the line": joinLine(terms),
      "Wait to be called": waitToBeCalled(terms),
      "Give the ticket back": dynamodb(
        "deleteItem",
        { TableName: terms.table, Key: ticketKeyOf(terms) },
        { Assign: { ticket: 0, called: true }, Next: "Look" },
      ),
    },
  };
}

/** A machine has each name once, and calls the next in line at a release too. */
function asWell(name: string): string {
  return `${name} as well`;
}

/** How far ahead start times may lie: as many as there are units can be of use. */
function horizonS({ limit, startGap }: Terms): number {
  return limit * startGap;
}

function look(terms: Terms): State {
  const item = "$states.result.Item";
  const number = (attribute: string, missing: number) =>
    `($exists(${item}.${attribute}.N) ? $number(${item}.${attribute}.N) : ${missing})`;
  const hasEnded = `function($name) {(
      $lease := $lookup(${item}, $name).S;
      $contains($name, ":execution:") and $exists($lease)
        ? ($contains($lease, "/") ? $toMillis($substringAfter($lease, "/")) + ${LEASE_SLACK_MS} < ${NOW} : false)
        : false
    )}`;
  const holder = `function($name) { {"owner": $name, "lease": $lookup(${item}, $name).S} }`;
  return dynamodb(
    "getItem",
    { TableName: terms.table, Key: keyOf(terms), ConsistentRead: true },
    {
      Assign: {
        nowS: jsonata(`${NOW} / 1000`),
        held: jsonata(`$exists($lookup(${item}, ${ME}))`),
        unitsOut: jsonata(number(COUNT, -1)),
        nextS: jsonata(number(NEXT_AVAILABLE, 0)),
        passed: jsonata(number(CALLED, 0)),
        waiting: jsonata(`${number(JOINED, 0)} - ${number(CALLED, 0)}`),
        ended: jsonata(`[$map($filter($keys(${item}), ${hasEnded}), ${holder})]`),
      },
      Next: "May it go on?",
    },
  );
}

function mayItGoOn(terms: Terms): State {
  const { limit, units, startGap } = terms;
  const full = `$nextS > $nowS + ${horizonS(terms)} and $nextS <= $nowS + ${horizonS(terms) + START_TIME_SLACK_S}`;
  return choose(
    [
      ["$held", "Wait for the start"],
      ["$unitsOut < 0", "Create"],
      ["$count($ended) > 0", "Take back what a lease's end has freed"],
      [startGap === 0 ? "false" : full, "Wait until a start is to be had"],
      [`$unitsOut <= ${limit - units} and ($called or $waiting <= 0)`, "Take"],
      ["$ticket > $passed", "Wait to be called"],
    ],
    "Join the line",
  );
}

function create(terms: Terms): State {
  return dynamodb(
    "putItem",
    {
      TableName: terms.table,
      Item: { ...keyOf(terms), [COUNT]: { N: "0" }, [NEXT_AVAILABLE]: { N: "0" } },
      ConditionExpression: "attribute_not_exists(#key)",
      ExpressionAttributeNames: { "#key": terms.keyAttribute },
    },
    { refused: "Look", Next: "Look" },
  );
}

function takeBack(terms: Terms): State {
  return dynamodb(
    "updateItem",
    {
      TableName: terms.table,
      Key: keyOf(terms),
      UpdateExpression: "SET #count = #count - :units REMOVE #owner",
      ConditionExpression: "#owner = :lease AND #count >= :units",
      ExpressionAttributeNames: {
        "#count": COUNT,
        "#owner": jsonata("$ended[0].owner"),
      },
      ExpressionAttributeValues: {
        ":units": { N: String(terms.units) },
        ":lease": { S: jsonata("$ended[0].lease") },
      },
    },
    { refused: "Look", Next: "Look" },
  );
}

/**
 * One conditional write: room, not held, and `nextavailtime` where it was seen to stand, before now or ahead of it. One
 * that lies further ahead than any of ours is put right.
 */
function take(terms: Terms, timeoutSeconds: number): State {
  const { table, limit, units, startGap } = terms;
  const begun =
    "($exists($states.context.Execution.RedriveTime) ? $states.context.Execution.RedriveTime : $states.context.Execution.StartTime)";
  const until = `$fromMillis($toMillis(${begun}) + ${timeoutSeconds * 1000})`;
  const isAhead = `($nextS > $nowS and $nextS <= $nowS + ${horizonS(terms) + START_TIME_SLACK_S})`;
  const taken = "SET #count = #count + :units, #owner = :lease, #limit = :limit";
  const fromNow = `${taken}, #next = :now + :gap`;
  const fromThere = `${taken}, #next = #next + :gap`;
  const rated = {
    UpdateExpression: jsonata(`${isAhead} ? ${quoted(fromThere)} : ${quoted(fromNow)}`),
    ConditionExpression: jsonata(
      `${quoted("#count <= :room AND attribute_not_exists(#owner) AND ")} & (${isAhead} ? ${quoted(
        "#next BETWEEN :now AND :until",
      )} : $nextS > $nowS ? "#next >= :until" : "#next <= :until")`,
    ),
  };
  const unrated = {
    UpdateExpression: taken,
    ConditionExpression: "#count <= :room AND attribute_not_exists(#owner)",
  };
  const common = `":units": {"N": "${units}"}, ":room": {"N": "${limit - units}"}, ":limit": {"N": "${limit}"}, ":lease": {"S": $states.context.State.EnteredTime & "/" & ${until}}`;
  const starts = `":now": {"N": $string($nowS)}, ":gap": {"N": "${startGap}"}, ":until": {"N": $string(${isAhead} ? $nowS + ${horizonS(terms)} : $nextS > $nowS ? $nextS - 1 : $nowS)}`;
  return dynamodb(
    "updateItem",
    {
      TableName: table,
      Key: keyOf(terms),
      ...(startGap === 0 ? unrated : rated),
      ExpressionAttributeNames: {
        "#count": COUNT,
        "#owner": jsonata(ME),
        "#limit": LIMIT,
        ...(startGap === 0 ? {} : { "#next": NEXT_AVAILABLE }),
      },
      ExpressionAttributeValues: jsonata(`{${common}${startGap === 0 ? "" : `, ${starts}`}}`),
      ReturnValues: "UPDATED_NEW",
    },
    {
      refused: "Look",
      Assign: {
        startS: jsonata(
          startGap === 0
            ? "$nowS"
            : `$number($states.result.Attributes.${NEXT_AVAILABLE}.N) - ${startGap}`,
        ),
        room: jsonata(
          `$number($states.result.Attributes.${COUNT}.N) <= ${limit - units} and $waiting > 0`,
        ),
      },
      Next: "Is there room for more?",
    },
  );
}

/** Refused where there is room and no line by now. */
function joinLine(terms: Terms): State {
  return dynamodb(
    "updateItem",
    {
      TableName: terms.table,
      Key: keyOf(terms),
      UpdateExpression: "SET #joined = if_not_exists(#joined, :none) + :one",
      ConditionExpression:
        "#count > :room OR #called < #joined OR (attribute_exists(#joined) AND attribute_not_exists(#called))",
      ExpressionAttributeNames: {
        "#joined": JOINED,
        "#called": CALLED,
        "#count": COUNT,
      },
      ExpressionAttributeValues: {
        ":one": { N: "1" },
        ":none": { N: "0" },
        ":room": { N: String(terms.limit - terms.units) },
      },
      ReturnValues: "UPDATED_NEW",
    },
    {
      refused: "Look",
      Assign: {
        ticket: jsonata(`$number($states.result.Attributes.${JOINED}.N)`),
        called: false,
      },
      Next: "Wait to be called",
    },
  );
}

/** An item without a token under the ticket's number says that it was called before it had lain down. */
function waitToBeCalled(terms: Terms): State {
  return state("Task", {
    Resource: "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
    Arguments: {
      TableName: terms.table,
      Item: {
        ...ticketKeyOf(terms),
        [TOKEN]: { S: jsonata("$states.context.Task.Token") },
        execution: { S: jsonata(ME) },
        [EXPIRES]: numberOf(`$floor($nowS) + ${LOOK_AGAIN_SECONDS + EXPIRES_S}`),
      },
      ConditionExpression: "attribute_not_exists(#key) OR attribute_exists(#token)",
      ExpressionAttributeNames: { "#key": terms.keyAttribute, "#token": TOKEN },
    },
    TimeoutSeconds: LOOK_AGAIN_SECONDS,
    Retry: [
      {
        ErrorEquals: ["DynamoDb.ConditionalCheckFailedException", "States.Timeout"],
        MaxAttempts: 0,
      },
      RETRY_LATER,
    ],
    Catch: [
      { ErrorEquals: ["DynamoDb.ConditionalCheckFailedException"], Next: "Give the ticket back" },
      // It keeps its ticket, and takes a unit if it finds one that nobody was called for.
      { ErrorEquals: ["States.Timeout"], Assign: { called: true }, Next: "Look" },
    ],
    Next: "Give the ticket back",
  });
}
