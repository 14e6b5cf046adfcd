import type { Cloud } from "../../cloud.ts";
import { type CompiledPattern, compilePattern } from "../../patterns/pattern.ts";
import type { Pipe } from "./pipe.ts";

/** One run of a pipe, from its start or last change to its stop or next change. */
export interface Reading {
  readonly cloud: Cloud;
  readonly pipe: Pipe;
  /** Aborts when the pipe is stopped, changed or deleted, or the cloud stops: nothing more is to be read. */
  readonly signal: AbortSignal;
}

/** How a pipe's source is read. */
export interface Reader {
  /** Rejects where the source is not there. */
  check(): Promise<void>;
  /** Reads until the signal aborts and what was read is dealt with; rejects where the source cannot be read. */
  read(): Promise<void>;
}

/** The patterns of which an event has to match one; with none, every event passes. They were checked when they were set. */
export function compileFilters({ settings }: Pipe): readonly CompiledPattern[] {
  const { Filters = [] } = settings.sourceParameters.FilterCriteria ?? {};
  return Filters.map(({ Pattern = "" }) => compilePattern(JSON.parse(Pattern), "eventbridge"));
}
