export interface Lineage {
  readonly depth: number;
  readonly hash: string;
  readonly count: number;
}
export type RecursiveLoop = "Allow" | "Terminate";
export interface TraceHeader {
  readonly root?: string;
  readonly parent?: string;
  readonly sampled?: string;
  readonly lineage?: Lineage;
  readonly others?: readonly (readonly [string, string])[];
}
export declare function parseTraceHeader(text: string): TraceHeader;
export declare function formatTraceHeader(header: TraceHeader): string;
export declare function enter(
  lineage: Lineage | undefined,
  fn: { functionArn: string; recursiveLoop: RecursiveLoop },
): { stop: boolean; lineage: Lineage };
export declare function mostAdvanced(
  traceHeaders: readonly string[],
  functionArn: string,
): string | undefined;
