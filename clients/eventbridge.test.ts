import assert from "node:assert/strict";
import type { Message } from "@aws-sdk/client-sqs";
import { Archive } from "./archive.ts";
import { AwsCli, cliTest, cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, Flyball, REGION } from "./flyball.ts";

const sharedTest = cliTests();
const ROLE = `arn:aws:iam::${ACCOUNT}:role/events`;
const EVENTS = `arn:aws:events:${REGION}:${ACCOUNT}`;
const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** A queue's URL. It keeps its messages for 14 days. */
function queue(aws: AwsCli, name: string): Promise<string> {
  return aws.text`sqs create-queue --queue-name ${name} --attributes MessageRetentionPeriod=1209600 --query QueueUrl --output text`;
}

function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

async function receive(aws: AwsCli, url: string): Promise<string> {
  const { Messages = [] } =
    (await aws.json<{
      Messages?: Message[];
    }>`sqs receive-message --queue-url ${url} --wait-time-seconds 20`) ?? {};
  return Messages[0]?.Body ?? "nothing came";
}

async function put(aws: AwsCli, detail: object, bus = "default"): Promise<void> {
  const entry = { Source: "shop", DetailType: "order", Detail: JSON.stringify(detail) };
  const { FailedEntryCount } = await aws.json<{
    FailedEntryCount: number;
  }>`events put-events --entries ${[{ ...entry, EventBusName: bus }]}`;
  assert.equal(FailedEntryCount, 0);
}

/** How many messages lie in a queue. */
async function countOf(aws: AwsCli, url: string): Promise<number> {
  return Number(
    await aws.text`sqs get-queue-attributes --queue-url ${url} --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text`,
  );
}

sharedTest("aws events: a rule is made, matches, is disabled, and deleted", async (aws) => {
  const url = await queue(aws, "large-orders");
  const pattern = { source: ["shop"], detail: { price: [{ numeric: [">", 100] }] } };
  assert.equal(
    await aws.text`events put-rule --name large --event-pattern ${pattern} --tags Key=team,Value=press --query RuleArn --output text`,
    `${EVENTS}:rule/large`,
  );
  const transformed = {
    Id: "queue",
    Arn: queueArn("large-orders"),
    InputTransformer: {
      InputPathsMap: { id: "$.detail.id" },
      InputTemplate: '"Order <id> is large."',
    },
  };
  assert.deepEqual(await aws.json`events put-targets --rule large --targets ${[transformed]}`, {
    FailedEntryCount: 0,
    FailedEntries: [],
  });
  await put(aws, { id: "A-1", price: 1 });
  await put(aws, { id: "A-2", price: 1_000 });
  assert.equal(await receive(aws, url), '"Order A-2 is large."');
  assert.deepEqual(await aws.json`events list-targets-by-rule --rule large --query Targets[]`, [
    transformed,
  ]);
  await aws.text`events disable-rule --name large`;
  assert.deepEqual(await aws.json`events list-rules --query Rules[].[Name,State,EventBusName]`, [
    ["large", "DISABLED", "default"],
  ]);
  assert.equal(
    await aws.refused`events delete-rule --name large`,
    "An error occurred (ValidationException) when calling the DeleteRule operation: Rule can't be deleted since it has targets.",
  );
  await aws.json`events remove-targets --rule large --ids queue`;
  await aws.text`events delete-rule --name large`;
  assert.equal(
    await aws.refused`events describe-rule --name large`,
    "An error occurred (ResourceNotFoundException) when calling the DescribeRule operation: Rule large does not exist on EventBus default.",
  );
});

sharedTest("aws events: a rule calls a function and starts a state machine", async (aws) => {
  const url = await queue(aws, "called");
  await using archive = await Archive.of({
    "index.mjs": `
      import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
      const sqs = new SQSClient({});
      export const handler = ({ detail }) =>
        sqs.send(new SendMessageCommand({ QueueUrl: ${JSON.stringify(url)}, MessageBody: "function " + detail.id }));`,
  });
  const functionArn =
    await aws.text`lambda create-function --function-name called --runtime nodejs22.x --handler index.handler --role ${ROLE} --timeout 30
      --zip-file fileb://${archive.path} --query FunctionArn --output text`;
  const definition = {
    StartAt: "Send",
    States: {
      Send: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage",
        Parameters: { QueueUrl: url, "MessageBody.$": "States.Format('machine {}', $.id)" },
        End: true,
      },
    },
  };
  const machineArn =
    await aws.text`stepfunctions create-state-machine --name called --role-arn ${ROLE} --definition ${definition} --query stateMachineArn --output text`;
  await aws.json`lambda add-permission --function-name called --statement-id events --action lambda:InvokeFunction --principal events.amazonaws.com`;
  await aws.json`events put-rule --name calls --event-pattern ${{ source: ["shop"], detail: { id: [{ prefix: "C-" }] } }}`;
  const targets = [
    { Id: "function", Arn: functionArn },
    { Id: "machine", Arn: machineArn, RoleArn: ROLE, InputPath: "$.detail" },
  ];
  await aws.json`events put-targets --rule calls --targets ${targets}`;
  await put(aws, { id: "C-1" });
  const both = await eventually(
    () => countOf(aws, url),
    (count) => count === 2,
  );
  assert.equal(both, 2);
  const bodies = await aws.json<
    string[]
  >`sqs receive-message --queue-url ${url} --max-number-of-messages 10 --query Messages[].Body`;
  assert.deepEqual(bodies.sort(), ["function C-1", "machine C-1"]);
});

sharedTest("aws events: a pattern is tried, an archive replayed", async (aws) => {
  const event = {
    id: "1",
    "detail-type": "order",
    source: "shop",
    account: ACCOUNT,
    time: "2026-01-01T00:00:00Z",
    region: REGION,
    resources: [],
    detail: { file: "scan.png" },
  };
  const tried = (pattern: object) =>
    aws.json`events test-event-pattern --event ${event} --event-pattern ${pattern}`;
  assert.deepEqual(await tried({ detail: { file: [{ suffix: ".png" }] } }), { Result: true });
  assert.deepEqual(await tried({ detail: { file: [{ suffix: ".jpg" }] } }), { Result: false });

  const bus = await aws.text`events create-event-bus --name kept --query EventBusArn --output text`;
  const archive =
    await aws.text`events create-archive --archive-name all --event-source-arn ${bus} --query ArchiveArn --output text`;
  await put(aws, { n: 1 }, "kept");
  const archived = () =>
    aws.text`events describe-archive --archive-name all --query EventCount --output text`;
  assert.equal(await eventually(archived, (count) => count === "1"), "1");
  const url = await queue(aws, "replayed");
  await aws.json`events put-rule --event-bus-name kept --name again --event-pattern ${{ source: ["shop"] }}`;
  const targets = [{ Id: "queue", Arn: queueArn("replayed") }];
  await aws.json`events put-targets --event-bus-name kept --rule again --targets ${targets}`;
  const now = Date.now();
  const instant = (offset: number) => new Date(now + offset * 1_000).toISOString();
  await aws.json`events start-replay --replay-name again --event-source-arn ${archive} --destination ${{ Arn: bus }}
    --event-start-time ${instant(-HOUR_S)} --event-end-time ${instant(1)}`;
  const replayed = JSON.parse(await receive(aws, url));
  assert.deepEqual([replayed.detail, replayed["replay-name"]], [{ n: 1 }, "again"]);
  const state = () =>
    aws.text`events describe-replay --replay-name again --query State --output text`;
  assert.equal(await eventually(state, (found) => found === "COMPLETED"), "COMPLETED");
});

sharedTest(
  "aws pipes: a pipe takes a queue's messages to another, as its template says",
  async (aws) => {
    const [from, to] = [await queue(aws, "pipe-from"), await queue(aws, "pipe-to")];
    const filters = { FilterCriteria: { Filters: [{ Pattern: '{"body":{"good":[true]}}' }] } };
    const template = { InputTemplate: '{"order": <$.body.id>}' };
    await aws.json`pipes create-pipe --name orders --role-arn ${ROLE} --source ${queueArn("pipe-from")} --source-parameters ${filters}
    --target ${queueArn("pipe-to")} --target-parameters ${template}`;
    const state = () =>
      aws.text`pipes describe-pipe --name orders --query CurrentState --output text`;
    assert.equal(await eventually(state, (found) => found === "RUNNING"), "RUNNING");
    await aws.json`sqs send-message --queue-url ${from} --message-body ${{ id: 1, good: false }}`;
    await aws.json`sqs send-message --queue-url ${from} --message-body ${{ id: 2, good: true }}`;
    assert.deepEqual(JSON.parse(await receive(aws, to)), { order: 2 });
    await aws.json`pipes delete-pipe --name orders`;
    assert.equal(
      await aws.refused`pipes describe-pipe --name none`,
      "An error occurred (NotFoundException) when calling the DescribePipe operation: Pipe none does not exist.",
    );
  },
);

cliTest(
  "aws events, aws scheduler: a week of schedules passes in a moment under the virtual clock",
  async () => {
    await using flyball = await Flyball.start("--clock", "virtual");
    const aws = await AwsCli.of(flyball);
    const rule = async (name: string, expression: string) => {
      const url = await queue(aws, name);
      await aws.json`events put-rule --name ${name} --schedule-expression ${expression}`;
      await aws.json`events put-targets --rule ${name} --targets ${[{ Id: "queue", Arn: queueArn(name) }]}`;
      return url;
    };
    const schedule = async (name: string, expression: string, ...more: string[]) => {
      const url = await queue(aws, name);
      const target = { Arn: queueArn(name), RoleArn: ROLE, Input: "It is time." };
      await aws.json`scheduler create-schedule --name ${name} --schedule-expression ${expression} --flexible-time-window Mode=OFF --target ${target} ${more}`;
      return url;
    };
    const hourly = await rule("hourly", "rate(1 hour)");
    const noon = await rule("noon", "cron(0 12 * * ? *)");
    const workdays = await schedule(
      "workdays",
      "cron(30 9 ? * MON-FRI *)",
      "--schedule-expression-timezone",
      "America/New_York",
    );
    const quarterly = await schedule("quarterly", "rate(15 minutes)");
    await flyball.advance(7 * DAY_S);
    assert.equal(await countOf(aws, hourly), 7 * 24);
    assert.equal(await countOf(aws, noon), 7);
    assert.equal(await countOf(aws, workdays), 5);
    // Whether the first is due at once is the schedule's own matter.
    const quarters = await countOf(aws, quarterly);
    assert.ok([7 * 96, 7 * 96 + 1].includes(quarters), `${quarters}`);
    assert.equal(JSON.parse(await receive(aws, noon)).time.slice(10), "T12:00:00Z");
    assert.equal(await receive(aws, workdays), "It is time.");
  },
);

boto3Tests("boto3_eventbridge.py");
