import type { PipeState, RequestedPipeState } from "@aws-sdk/client-pipes";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { decodePageToken, entriesAfter, isKeyOfNames, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { Entry } from "../../store/store.ts";
import { worldOf } from "../../world.ts";
import { conflict, invalid } from "./errors.ts";
import {
  everyKey,
  type Pipe,
  type PipeId,
  pipeKey,
  pipesKey,
  requirePipe,
  shownPipe,
  summaryOf,
} from "./pipe.ts";
import { runnersOf } from "./runners.ts";
import { checkName, settingsOf, updatedSettings } from "./settings.ts";
import { checkTags } from "./tag-operations.ts";

/** Source: API reference, ListPipes. */
const PER_PAGE_MAX = 100;

export const createPipe: OperationOf<"pipes", "CreatePipe"> = async (call, input) => {
  const { cloud } = call;
  const id = idOf(call, input.Name);
  const settings = settingsOf(input);
  const tags = checkTags(input.Tags ?? {});
  const now = cloud.clock.now();
  const pipe: Pipe = {
    ...id,
    settings,
    currentState: "CREATING",
    tags,
    createdAt: now,
    modifiedAt: now,
  };
  await cloud.store.write((tx) => {
    if (tx.get(pipeKey(id))) throw conflict(id.name, "already exists");
    tx.put(pipeKey(id), pipe);
    tx.put<PipeId>(everyKey(id), id);
    tx.afterCommit(() => cloud.derived(runnersOf).settle(id));
  });
  return summaryOf(pipe);
};

export const describePipe: OperationOf<"pipes", "DescribePipe"> = (call, input) => {
  const id = idOf(call, input.Name);
  return shownPipe(call.cloud.store.read((tx) => requirePipe(tx, id)));
};

export const updatePipe: OperationOf<"pipes", "UpdatePipe"> = async (call, input) => {
  new Constraints().required("roleArn", input.RoleArn).check("ValidationException");
  const changed = await change(call, input.Name, (pipe) => ({
    settings: updatedSettings(pipe.settings, input),
    currentState: "UPDATING",
  }));
  return summaryOf(changed);
};

export const startPipe: OperationOf<"pipes", "StartPipe"> = async (call, { Name }) =>
  summaryOf(await change(call, Name, (pipe) => desiring(pipe, "RUNNING", "STARTING")));

export const stopPipe: OperationOf<"pipes", "StopPipe"> = async (call, { Name }) =>
  summaryOf(await change(call, Name, (pipe) => desiring(pipe, "STOPPED", "STOPPING")));

export const deletePipe: OperationOf<"pipes", "DeletePipe"> = async (call, { Name }) => {
  const deleted = await change(call, Name, () => ({ currentState: "DELETING" }));
  return summaryOf(deleted);
};

export const listPipes: OperationOf<"pipes", "ListPipes"> = ({ cloud, caller }, input) => {
  const { Limit, NextToken } = input;
  new Constraints()
    .range("limit", Limit, { min: 1, max: PER_PAGE_MAX })
    .length("namePrefix", input.NamePrefix, { min: 1, max: 64 })
    .check("ValidationException");
  const after = decodePageToken(NextToken, isKeyOfNames, () => invalid("Invalid NextToken."));
  return cloud.store.read((tx) => {
    const entries = entriesAfter<Pipe>(tx, pipesKey(worldOf(caller)), after);
    const { items, nextToken } = takePage(
      matching(entries, input),
      Limit ?? PER_PAGE_MAX,
      ({ name }) => [name],
    );
    return { Pipes: items.map(listed), ...(nextToken && { NextToken: nextToken }) };
  });
};

function* matching(
  entries: Iterable<Entry<Pipe>>,
  input: Parameters<typeof listPipes>[1],
): Generator<Pipe> {
  const { NamePrefix = "", SourcePrefix = "", TargetPrefix = "" } = input;
  const { DesiredState, CurrentState } = input;
  for (const { value: pipe } of entries)
    if (
      pipe.name.startsWith(NamePrefix) &&
      pipe.settings.source.startsWith(SourcePrefix) &&
      pipe.settings.target.startsWith(TargetPrefix) &&
      (DesiredState === undefined || pipe.settings.desiredState === DesiredState) &&
      (CurrentState === undefined || pipe.currentState === CurrentState)
    )
      yield pipe;
}

function listed(pipe: Pipe) {
  const { settings, stateReason } = pipe;
  return {
    ...summaryOf(pipe),
    ...(stateReason !== undefined && { StateReason: stateReason }),
    Source: settings.source,
    Target: settings.target,
    ...(settings.enrichment !== undefined && { Enrichment: settings.enrichment }),
  };
}

function idOf({ caller }: Call, name: string | undefined): PipeId {
  return { ...worldOf(caller), name: checkName(name) };
}

function desiring(pipe: Pipe, desiredState: RequestedPipeState, currentState: PipeState) {
  return { settings: { ...pipe.settings, desiredState }, currentState };
}

/** Changes a pipe that is at rest. Throws `ConflictException` where it is not, `NotFoundException` where it isn't there. */
async function change(
  call: Call,
  name: string | undefined,
  changed: (pipe: Pipe) => Pick<Pipe, "currentState"> & Partial<Pick<Pipe, "settings">>,
): Promise<Pipe> {
  const { cloud } = call;
  const id = idOf(call, name);
  return cloud.store.write((tx) => {
    const pipe = requirePipe(tx, id);
    if (pipe.currentState.endsWith("ING") && pipe.currentState !== "RUNNING")
      throw conflict(id.name, `cannot be changed while it is ${pipe.currentState}`);
    const { stateReason: _, ...rest } = pipe;
    const after: Pipe = { ...rest, ...changed(pipe), modifiedAt: cloud.clock.now() };
    tx.put(pipeKey(id), after);
    tx.afterCommit(() => cloud.derived(runnersOf).settle(id));
    return after;
  });
}
