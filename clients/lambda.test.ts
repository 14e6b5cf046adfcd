import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Archive } from "./archive.ts";
import { type AwsCli, cliTests } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { eventually } from "./eventually.ts";
import { ACCOUNT, REGION } from "./flyball.ts";

const cliTest = cliTests();
const ROLE = `arn:aws:iam::${ACCOUNT}:role/tour`;

function arnOf(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

async function createFunction(aws: AwsCli, name: string, code: string): Promise<void> {
  await using archive = await Archive.of({ "index.mjs": code });
  await aws.json`lambda create-function --function-name ${name} --runtime nodejs22.x --handler index.handler
    --role ${ROLE} --zip-file fileb://${archive.path}`;
  await aws.text`lambda wait function-active-v2 --function-name ${name}`;
}

/** What the CLI prints of an invocation, and what it writes into the file. */
async function invoke(aws: AwsCli, name: string, event: object, ...options: string[]) {
  await using archive = await Archive.of({});
  await archive.write("event.json", JSON.stringify(event));
  const out = archive.beside("out.json");
  const printed = await aws.json<
    Record<string, unknown>
  >`lambda invoke --function-name ${name} --payload fileb://${archive.beside("event.json")} ${options} ${out}`;
  const answer = await readFile(out, "utf8");
  return { printed, answer: answer === "" ? undefined : JSON.parse(answer) };
}

cliTest("aws lambda: a function is made, found, changed, tagged and deleted", async (aws) => {
  await createFunction(aws, "life", "export const handler = async () => 1;");
  await aws.text`lambda wait function-exists --function-name life`;
  const made = await aws.json<{
    Configuration: Record<string, unknown>;
    Code: { RepositoryType: string; Location: string };
  }>`lambda get-function --function-name life`;
  const { CodeSha256, CodeSize, LastModified, RevisionId, ...configuration } = made.Configuration;
  assert.match(String(CodeSha256), /^[\w+/]{43}=$/);
  assert.match(String(LastModified), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.match(String(RevisionId), /^[0-9a-f-]{36}$/);
  assert.deepEqual(
    Object.fromEntries(
      ["FunctionName", "FunctionArn", "Runtime", "Role", "Handler", "Timeout", "MemorySize"].map(
        (name) => [name, configuration[name]],
      ),
    ),
    {
      FunctionName: "life",
      FunctionArn: arnOf("life"),
      Runtime: "nodejs22.x",
      Role: ROLE,
      Handler: "index.handler",
      Timeout: 3,
      MemorySize: 128,
    },
  );
  assert.deepEqual(
    [configuration.State, configuration.LastUpdateStatus, configuration.PackageType],
    ["Active", "Successful", "Zip"],
  );
  const archive = await (await fetch(made.Code.Location)).arrayBuffer();
  assert.equal(archive.byteLength, CodeSize);

  assert.deepEqual(
    await aws.json`lambda update-function-configuration --function-name life --timeout 7 --memory-size 256
      --environment Variables={STAGE=test} --description ${"a life"} --query [Timeout,MemorySize,Environment,Description]`,
    [7, 256, { Variables: { STAGE: "test" } }, "a life"],
  );
  await aws.text`lambda wait function-updated-v2 --function-name life`;
  await using other = await Archive.of({ "index.mjs": "export const handler = async () => 2;" });
  const changed =
    await aws.text`lambda update-function-code --function-name life --zip-file fileb://${other.path} --query CodeSha256 --output text`;
  assert.notEqual(changed, CodeSha256);
  await aws.text`lambda wait function-updated-v2 --function-name life`;
  assert.equal((await invoke(aws, "life", {})).answer, 2);

  await aws.text`lambda tag-resource --resource ${arnOf("life")} --tags team=orders,stage=test`;
  await aws.text`lambda untag-resource --resource ${arnOf("life")} --tag-keys stage`;
  assert.deepEqual(await aws.json`lambda list-tags --resource ${arnOf("life")}`, {
    Tags: { team: "orders" },
  });
  await aws.text`lambda delete-function --function-name life`;
  assert.equal(
    await aws.refused`lambda get-function --function-name life`,
    `An error occurred (ResourceNotFoundException) when calling the GetFunction operation: Function not found: ${arnOf("life")}`,
  );
});

cliTest("aws lambda: what is refused, is refused in Lambda's words", async (aws) => {
  await createFunction(aws, "strict", "export const handler = async () => 1;");
  await using archive = await Archive.of({ "index.mjs": "" });
  assert.equal(
    await aws.refused`lambda create-function --function-name strict --runtime nodejs22.x --handler index.handler --role ${ROLE} --zip-file fileb://${archive.path}`,
    `An error occurred (ResourceConflictException) when calling the CreateFunction operation: Function already exist: strict`,
  );
  assert.match(
    await aws.refused`lambda create-function --function-name old --runtime nodejs4.3 --handler index.handler --role ${ROLE} --zip-file fileb://${archive.path}`,
    /^An error occurred \(InvalidParameterValueException\) when calling the CreateFunction operation: .*nodejs4\.3/,
  );
  assert.match(
    await aws.refused`lambda create-function --function-name none --runtime nodejs22.x --handler index.handler --role nobody --zip-file fileb://${archive.path}`,
    /^An error occurred \(ValidationException\) when calling the CreateFunction operation: 1 validation error detected: Value 'nobody' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
  );
  assert.match(
    await aws.refused`lambda update-function-configuration --function-name strict --timeout 901`,
    /^An error occurred \(ValidationException\) when calling the UpdateFunctionConfiguration operation: 1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900$/,
  );
  assert.match(
    await aws.refused`lambda create-event-source-mapping --function-name strict --event-source-arn arn:aws:sqs:${REGION}:${ACCOUNT}:no-such`,
    /^An error occurred \(InvalidParameterValueException\) when calling the CreateEventSourceMapping operation: ./,
  );
});

cliTest(
  "aws lambda invoke: the answer, the tail of the log, a function's error, and a dry run",
  async (aws) => {
    await createFunction(
      aws,
      "echo",
      `export const handler = async (event, context) => {
      console.log("got", event.order);
      if (event.fail) throw new RangeError("no such order");
      return { event, id: context.awsRequestId, version: context.functionVersion };
    };`,
    );
    const { printed, answer } = await invoke(aws, "echo", { order: "ä" }, "--log-type", "Tail");
    assert.equal(printed.StatusCode, 200);
    assert.equal(printed.ExecutedVersion, "$LATEST");
    assert.deepEqual(answer.event, { order: "ä" });
    const tail = Buffer.from(String(printed.LogResult), "base64").toString();
    assert.match(tail, new RegExp(`START RequestId: ${answer.id} Version: \\$LATEST\n`));
    assert.match(tail, new RegExp(`\t${answer.id}\tINFO\tgot ä\n`));
    assert.match(tail, new RegExp(`END RequestId: ${answer.id}\n`));
    assert.match(
      tail,
      /REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB/,
    );

    const failed = await invoke(aws, "echo", { fail: true });
    assert.deepEqual(failed.printed, {
      StatusCode: 200,
      FunctionError: "Unhandled",
      ExecutedVersion: "$LATEST",
    });
    assert.equal(failed.answer.errorType, "RangeError");
    assert.equal(failed.answer.errorMessage, "no such order");
    assert.match(failed.answer.trace[0], /^RangeError: no such order$/);

    const dry = await invoke(aws, "echo", {}, "--invocation-type", "DryRun");
    assert.deepEqual(dry, { printed: { StatusCode: 204 }, answer: undefined });
    const later = await invoke(aws, "echo", { order: "later" }, "--invocation-type", "Event");
    assert.deepEqual(later, { printed: { StatusCode: 202 }, answer: undefined });
    const logged = await eventually(
      () =>
        aws.json<
          string[]
        >`logs filter-log-events --log-group-name /aws/lambda/echo --filter-pattern ${'"got later"'} --query events[].message`,
      ({ length }) => length > 0,
    );
    assert.equal(logged.length, 1);
    await using archive = await Archive.of({});
    assert.equal(
      await aws.refused`lambda invoke --function-name no-such ${archive.beside("out.json")}`,
      `An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: ${arnOf("no-such")}`,
    );
  },
);

cliTest(
  "aws lambda: versions stay as they were, and an alias divides its invocations among two",
  async (aws) => {
    await createFunction(aws, "shop", "export const handler = async (_, c) => c.functionVersion;");
    const publish = () =>
      aws.text`lambda publish-version --function-name shop --query Version --output text`;
    assert.equal(await publish(), "1");
    assert.equal(await publish(), "1");
    await using archive = await Archive.of({
      "index.mjs": "export const handler = async (_, c) => 'two ' + c.functionVersion;",
    });
    assert.equal(
      await aws.text`lambda update-function-code --function-name shop --zip-file fileb://${archive.path} --publish --query Version --output text`,
      "2",
    );
    await aws.text`lambda wait published-version-active --function-name shop --qualifier 2`;
    assert.deepEqual(
      await aws.json`lambda list-versions-by-function --function-name shop --query Versions[].Version`,
      ["$LATEST", "1", "2"],
    );
    assert.equal((await invoke(aws, "shop", {}, "--qualifier", "1")).answer, "1");
    const alias =
      await aws.text`lambda create-alias --function-name shop --name live --function-version 1 --query AliasArn --output text`;
    assert.equal(alias, `${arnOf("shop")}:live`);
    assert.equal((await invoke(aws, "shop:live", {})).printed.ExecutedVersion, "1");
    const routing = { AdditionalVersionWeights: { 2: 1 } };
    await aws.json`lambda update-alias --function-name shop --name live --routing-config ${routing}`;
    assert.equal((await invoke(aws, alias, {})).answer, "two 2");
    assert.deepEqual(
      await aws.json`lambda list-aliases --function-name shop --query Aliases[].[Name,FunctionVersion,RoutingConfig]`,
      [["live", "1", routing]],
    );
    await aws.text`lambda delete-alias --function-name shop --name live`;
    assert.equal(
      await aws.refused`lambda get-alias --function-name shop --name live`,
      `An error occurred (ResourceNotFoundException) when calling the GetAlias operation: Cannot find alias arn: ${alias}`,
    );
  },
);

cliTest(
  "aws lambda: permissions, concurrency, settings of asynchronous invokes and of mappings",
  async (aws) => {
    await createFunction(aws, "settings", "export const handler = async () => 1;");
    const statement = JSON.parse(
      await aws.text`lambda add-permission --function-name settings --statement-id topic --action lambda:InvokeFunction --principal sns.amazonaws.com --source-arn arn:aws:sns:${REGION}:${ACCOUNT}:t --query Statement --output text`,
    );
    assert.deepEqual(statement, {
      Sid: "topic",
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "lambda:InvokeFunction",
      Resource: arnOf("settings"),
      Condition: { ArnLike: { "AWS:SourceArn": `arn:aws:sns:${REGION}:${ACCOUNT}:t` } },
    });
    const policy =
      await aws.text`lambda get-policy --function-name settings --query Policy --output text`;
    assert.deepEqual(JSON.parse(policy).Statement, [statement]);
    await aws.text`lambda remove-permission --function-name settings --statement-id topic`;
    assert.equal(
      await aws.refused`lambda get-policy --function-name settings`,
      "An error occurred (ResourceNotFoundException) when calling the GetPolicy operation: The resource you requested does not exist.",
    );

    await aws.json`lambda put-function-concurrency --function-name settings --reserved-concurrent-executions 0`;
    await using archive = await Archive.of({});
    const throttled = aws.run`lambda invoke --function-name settings ${archive.beside("out.json")}`;
    await aws.json`lambda get-account-settings`;
    const { code, stderr } = await throttled;
    assert.equal(code, aws.exits.service);
    assert.match(stderr, /TooManyRequestsException.*Rate Exceeded/);
    await aws.text`lambda delete-function-concurrency --function-name settings`;

    const destination = { OnFailure: { Destination: `arn:aws:sqs:${REGION}:${ACCOUNT}:failed` } };
    assert.deepEqual(
      await aws.json`lambda put-function-event-invoke-config --function-name settings --maximum-retry-attempts 0 --destination-config ${destination} --query [MaximumRetryAttempts,DestinationConfig.OnFailure]`,
      [0, destination.OnFailure],
    );
    await aws.text`sqs create-queue --queue-name source`;
    const source = `arn:aws:sqs:${REGION}:${ACCOUNT}:source`;
    const uuid =
      await aws.text`lambda create-event-source-mapping --function-name settings --event-source-arn ${source} --batch-size 5 --query UUID --output text`;
    const state = () =>
      aws.text`lambda get-event-source-mapping --uuid ${uuid} --query State --output text`;
    assert.equal(await eventually(state, (found) => found === "Enabled"), "Enabled");
    await aws.json`lambda update-event-source-mapping --uuid ${uuid} --no-enabled`;
    assert.equal(await eventually(state, (found) => found === "Disabled"), "Disabled");
    await aws.json`lambda delete-event-source-mapping --uuid ${uuid}`;
    const [gone] = await eventually(
      async () => [
        await aws.json<
          unknown[]
        >`lambda list-event-source-mappings --event-source-arn ${source} --query EventSourceMappings`,
      ],
      ([left]) => left?.length === 0,
    );
    assert.deepEqual(gone, []);
  },
);

cliTest("aws lambda: a layer's files are the function's", async (aws) => {
  await using layer = await Archive.of({
    "nodejs/node_modules/greeting/index.js": "exports.text = 'hello from a layer';",
  });
  const layerArn =
    await aws.text`lambda publish-layer-version --layer-name greeting --zip-file fileb://${layer.path} --compatible-runtimes nodejs22.x --query LayerVersionArn --output text`;
  assert.equal(layerArn, `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:greeting:1`);
  await using archive = await Archive.of({
    "index.js": "exports.handler = async () => require('greeting').text;",
  });
  await aws.json`lambda create-function --function-name layered --runtime nodejs22.x --handler index.handler --role ${ROLE} --layers ${layerArn} --zip-file fileb://${archive.path}`;
  await aws.text`lambda wait function-active-v2 --function-name layered`;
  assert.equal((await invoke(aws, "layered", {})).answer, "hello from a layer");
  assert.deepEqual(
    await aws.json`lambda list-layers --query Layers[].[LayerName,LatestMatchingVersion.Version]`,
    [["greeting", 1]],
  );
});

boto3Tests("boto3_lambda.py");
