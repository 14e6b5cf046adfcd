import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import {
  addTags,
  removeTags,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  type Tags,
} from "../../tags.ts";
import { invalid } from "./errors.ts";
import { type Pipe, type PipeId, parsePipeArn, pipeKey, requirePipe } from "./pipe.ts";

export const tagResource: OperationOf<"pipes", "TagResource"> = async ({ cloud }, input) => {
  const id = idIn(input.resourceArn);
  new Constraints().required("tags", input.tags).check("ValidationException");
  const added = checkTags(input.tags ?? {});
  await cloud.store.write((tx) => {
    const pipe = requirePipe(tx, id);
    tx.put<Pipe>(pipeKey(id), { ...pipe, tags: addTags(pipe.tags, added, tooManyTags) });
  });
  return {};
};

export const untagResource: OperationOf<"pipes", "UntagResource"> = async ({ cloud }, input) => {
  const id = idIn(input.resourceArn);
  new Constraints().required("tagKeys", input.tagKeys).check("ValidationException");
  await cloud.store.write((tx) => {
    const pipe = requirePipe(tx, id);
    tx.put<Pipe>(pipeKey(id), { ...pipe, tags: removeTags(pipe.tags, input.tagKeys ?? []) });
  });
  return {};
};

export const listTagsForResource: OperationOf<"pipes", "ListTagsForResource"> = (
  { cloud },
  input,
) => {
  const id = idIn(input.resourceArn);
  return { tags: { ...cloud.store.read((tx) => requirePipe(tx, id)).tags } };
};

/** Throws `ValidationException` on a tag that is too long, `ServiceQuotaExceededException` on too many. */
export function checkTags(given: Tags): Tags {
  const constraints = new Constraints();
  for (const [key, value] of Object.entries(given))
    constraints
      .length("tags.key", key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .length("tags.value", value, { max: TAG_VALUE_LENGTH_MAX });
  constraints.check("ValidationException");
  return addTags({}, given, tooManyTags);
}

function idIn(arn: string | undefined): PipeId {
  new Constraints().required("resourceArn", arn).check("ValidationException");
  const id = parsePipeArn(arn ?? "");
  if (!id) throw invalid(`${arn} is not the ARN of a pipe.`);
  return id;
}

function tooManyTags(): ServiceError {
  return new ServiceError("ServiceQuotaExceededException", "A pipe cannot have more than 50 tags.");
}
