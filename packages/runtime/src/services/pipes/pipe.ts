import type {
  DescribePipeResponse,
  PipeEnrichmentParameters,
  PipeLogConfiguration,
  PipeSourceParameters,
  PipeState,
  PipeTargetParameters,
  RequestedPipeState,
} from "@aws-sdk/client-pipes";
import { arn, parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { notFound } from "./errors.ts";
import { keyIn, PIPES_PRINCIPAL } from "./world.ts";

/** What a user sets of a pipe. */
export interface PipeSettings {
  readonly description?: string;
  readonly desiredState: RequestedPipeState;
  readonly source: string;
  /** With the defaults of what was left out. */
  readonly sourceParameters: PipeSourceParameters;
  readonly enrichment?: string;
  readonly enrichmentParameters?: PipeEnrichmentParameters;
  readonly target: string;
  readonly targetParameters?: PipeTargetParameters;
  readonly roleArn: string;
  readonly logConfiguration?: PipeLogConfiguration;
  readonly kmsKeyIdentifier?: string;
}

/** A pipe, as the store keeps it. */
export interface Pipe extends World {
  readonly name: string;
  readonly settings: PipeSettings;
  readonly currentState: PipeState;
  /** What keeps it from working. */
  readonly stateReason?: string;
  readonly tags: Tags;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export type PipeId = World & { readonly name: string };

export function pipeArn({ account, region, name }: PipeId): string {
  return arn("pipes", region, account, `pipe/${name}`);
}

/** The pipe that an ARN names; undefined for an ARN of anything else. */
export function parsePipeArn(text: string): PipeId | undefined {
  const { service, account = "", region = "", resource = "" } = parseArn(text) ?? {};
  const [, name] = /^pipe\/([^/]+)$/.exec(resource) ?? [];
  return service === "pipes" && name !== undefined ? { account, region, name } : undefined;
}

export function pipesKey(world: World): Key {
  return keyIn(world, "pipe");
}

export function pipeKey({ name, ...world }: PipeId): Key {
  return keyIn(world, "pipe", name);
}

/** How far a pipe has come in its stream. */
export function positionKey({ name, ...world }: PipeId): Key {
  return keyIn(world, "position", name);
}

/** Where every pipe is listed, whatever its world, so that a start finds it without looking at others. */
export const EVERY_PIPE: Key = ["pipes", "every"];

export function everyKey({ account, region, name }: PipeId): Key {
  return [...EVERY_PIPE, account, region, name];
}

/** Throws `NotFoundException`. */
export function requirePipe(tx: ReadTransaction, id: PipeId): Pipe {
  const pipe = tx.get<Pipe>(pipeKey(id));
  if (!pipe) throw notFound(id.name);
  return pipe;
}

/** Who acts when a pipe acts: in the chain of requests of what it passes on, which came out of its source. */
export function callerOf(pipe: Pipe, traceHeader?: string): Caller {
  return {
    account: pipe.account,
    region: pipe.region,
    principal: PIPES_PRINCIPAL,
    source: pipeArn(pipe),
    fedBy: pipe.settings.source,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

/** What all operations but Describe and List answer. */
export function summaryOf(pipe: Pipe) {
  return {
    Arn: pipeArn(pipe),
    Name: pipe.name,
    DesiredState: pipe.settings.desiredState,
    CurrentState: pipe.currentState,
    CreationTime: new Date(pipe.createdAt),
    LastModifiedTime: new Date(pipe.modifiedAt),
  };
}

export function shownPipe(pipe: Pipe): DescribePipeResponse {
  const { settings, stateReason, tags } = pipe;
  return {
    ...summaryOf(pipe),
    ...(settings.description !== undefined && { Description: settings.description }),
    ...(stateReason !== undefined && { StateReason: stateReason }),
    Source: settings.source,
    SourceParameters: settings.sourceParameters,
    ...(settings.enrichment !== undefined && { Enrichment: settings.enrichment }),
    ...(settings.enrichmentParameters && { EnrichmentParameters: settings.enrichmentParameters }),
    Target: settings.target,
    ...(settings.targetParameters && { TargetParameters: settings.targetParameters }),
    RoleArn: settings.roleArn,
    ...(settings.logConfiguration && { LogConfiguration: settings.logConfiguration }),
    ...(settings.kmsKeyIdentifier !== undefined && { KmsKeyIdentifier: settings.kmsKeyIdentifier }),
    Tags: { ...tags },
  };
}
