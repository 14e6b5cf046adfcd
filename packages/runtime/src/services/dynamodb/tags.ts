import type { Tag } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import {
  addTags,
  hasTooMany,
  removeTags,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  tagList,
} from "../../tags.ts";
import { refusal } from "./engine/index.ts";
import { changeTable, findTable, parseTableArn, type Table } from "./table.ts";

/** TagResource: adds tags to a table, or gives them other values. */
export const tagResource: OperationOf<"dynamodb", "TagResource"> = async (call, input) => {
  const table = requireResource(call, "TagResource", input.ResourceArn);
  new Constraints().required("tags", input.Tags).check("ValidationException");
  if (input.Tags!.length === 0) throw refusal("Atleast one Tag needs to be provided as Input.");
  checkTags(input.Tags!);
  const added = tagsOf(input.Tags!);
  await call.cloud.store.write((tx) =>
    changeTable(call.cloud, tx, table, (now) => {
      return { ...now, tags: addTags(now.tags, added, tooMany) };
    }),
  );
  return {};
};

/** UntagResource. Keys that the table does not have do no harm. */
export const untagResource: OperationOf<"dynamodb", "UntagResource"> = async (call, input) => {
  const table = requireResource(call, "UntagResource", input.ResourceArn);
  new Constraints().required("tagKeys", input.TagKeys).check("ValidationException");
  if (input.TagKeys!.length === 0)
    throw refusal("Atleast one Tag Key needs to be provided as Input.");
  await call.cloud.store.write((tx) =>
    changeTable(call.cloud, tx, table, (now) => ({
      ...now,
      tags: removeTags(now.tags, input.TagKeys!),
    })),
  );
  return {};
};

/** ListTagsOfResource. All are one page: a table has 50 at most. */
export const listTagsOfResource: OperationOf<"dynamodb", "ListTagsOfResource"> = (call, input) => {
  const table = requireResource(call, "ListTagsOfResource", input.ResourceArn);
  return { Tags: tagList(table.tags) };
};

function requireResource(call: Call, operation: string, arn: string | undefined): Table {
  if (arn === undefined) throw refusal("Invalid TableArn");
  const named = parseTableArn(arn);
  if (!named) throw refusal(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
  // Seen on DynamoDB: dynamodb-conformance (nubo-db), tests/tier2/tags/basic.test.ts.
  if (named.account !== call.caller.account) {
    const action = `dynamodb:${operation}`;
    throw new ServiceError(
      "AccessDeniedException",
      `User: ${call.caller.principal} is not authorized to perform: ${action} on resource: ${arn} because no resource-based policy allows the ${action} action`,
      { httpStatus: 400 },
    );
  }
  const table = findTable(call, arn);
  if (!table) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: ResourcArn: ${arn} not found`,
    );
  }
  return table;
}

export function checkTags(tags: readonly Tag[]): void {
  const constraints = new Constraints();
  for (const [i, { Key, Value }] of tags.entries()) {
    constraints
      .required(`tags.${i + 1}.member.key`, Key)
      .length(`tags.${i + 1}.member.key`, Key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .required(`tags.${i + 1}.member.value`, Value)
      .length(`tags.${i + 1}.member.value`, Value, { max: TAG_VALUE_LENGTH_MAX });
  }
  constraints.check("ValidationException");
  if (hasTooMany(tagsOf(tags))) throw tooMany();
}

function tooMany(): ServiceError {
  return refusal("Tag limit exceeded: A resource can have at most 50 tags.");
}

export function tagsOf(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key!, Value!]));
}
