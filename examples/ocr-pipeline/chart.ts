import type { Bin, Collapse, Step } from "./measure.ts";

/** What one panel shows. The horizontal axis is the same for all panels of a page. */
export interface Panel {
  readonly title: string;
  readonly seconds: number;
  /** When the run ended: lines go on until then. */
  readonly until: number;
  /** The value at the top of the vertical axis. */
  readonly top: number;
  readonly limit?: { readonly value: number; readonly label: string };
  readonly collapses: readonly Collapse[];
  readonly marks: readonly Mark[];
}

/** A series, drawn in the colour of its class. */
export type Mark =
  | { readonly kind: "area"; readonly colour: Colour; readonly steps: readonly Step[] }
  | {
      readonly kind: "line";
      readonly colour: Colour;
      readonly steps: readonly Step[];
      /** Written at the line's end. */
      readonly label: string;
    }
  | { readonly kind: "bars"; readonly bins: readonly Bin[] };

export type Colour = "good" | "bad";

const WIDTH = 560;
const HEIGHT = 200;
const LEFT = 40;
const RIGHT = 14;
const TOP = 44;
const BOTTOM = 26;
const TICK_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const TICKS_MAX = { horizontal: 8, vertical: 5 };
const LABEL_HEIGHT = 14;
/** Bars on either side that share a label. */
const CUT_NEIGHBOURS = 6;

interface Scales {
  readonly x: (second: number) => number;
  readonly y: (value: number) => number;
}

/** A panel as an SVG element of its own, coloured by the page's style sheet. */
export function svgOf(panel: Panel): string {
  const { title, seconds, top, limit, collapses, marks } = panel;
  const x = (second: number) => LEFT + (Math.min(second, seconds) / seconds) * plotWidth;
  const y = (value: number) => HEIGHT - BOTTOM - (Math.min(value, top) / top) * plotHeight;
  const scales = { x, y };
  const shades = collapses.map(
    ({ from, to, why }) =>
      `<rect class="collapse" x="${n(x(from))}" y="${TOP}" width="${n(x(to) - x(from))}" height="${plotHeight}"><title>fell over at ${from.toFixed(1)} s: ${why}</title></rect>`,
  );
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<text class="title" x="${LEFT}" y="18">${title}</text>`,
    ...shades,
    ...verticalAxis(top, scales),
    ...horizontalAxis(seconds, scales),
    ...marks.map((mark) => draw(mark, panel, scales)),
    ...(limit ? limitLine(limit, scales) : []),
    ...endLabels(panel, scales),
    "</svg>",
  ].join("\n");
}

const plotWidth = WIDTH - LEFT - RIGHT;
const plotHeight = HEIGHT - TOP - BOTTOM;

function draw(mark: Mark, { top, until }: Panel, { x, y }: Scales): string {
  if (mark.kind === "bars")
    return mark.bins
      .map(({ from, to, started, refused }) => {
        const width = n(Math.max(0.5, x(to) - x(from) - 0.6));
        const bar = (colour: Colour, low: number, high: number) =>
          high - low <= 0
            ? ""
            : `<rect class="${colour}-fill" x="${n(x(from))}" y="${n(y(high))}" width="${width}" height="${n(y(low) - y(high))}"/>`;
        return bar("good", 0, started) + bar("bad", started, started + refused);
      })
      .concat(cutLabels(mark.bins, top, { x, y }))
      .join("");
  const path = `${steppedPath(mark.steps, { x, y })}H${n(x(until))}`;
  if (mark.kind === "line") return `<path class="${mark.colour}-line" d="${path}"/>`;
  return `<path class="${mark.colour}-area" d="${path}V${n(y(0))}H${n(x(0))}Z"/><path class="${mark.colour}-line thin" d="${path}"/>`;
}

/** Levels, joined by right angles. */
function steppedPath(steps: readonly Step[], { x, y }: Scales): string {
  let path = `M${n(x(0))},${n(y(0))}`;
  for (const { at, value } of steps) path += `H${n(x(at))}V${n(y(value))}`;
  return path;
}

/** What is too high for the panel is cut off, and the highest of its neighbours says how high it is. */
function cutLabels(bins: readonly Bin[], top: number, { x }: Scales): string[] {
  const heights = bins.map(({ started, refused }) => started + refused);
  const isHighest = (height: number, place: number) =>
    height > top &&
    heights.slice(Math.max(0, place - CUT_NEIGHBOURS), place).every((other) => other < height) &&
    heights.slice(place + 1, place + 1 + CUT_NEIGHBOURS).every((other) => other <= height);
  return bins.flatMap(({ from, to }, place) => {
    const height = heights[place] ?? 0;
    if (!isHighest(height, place)) return [];
    return `<text class="bad-label" x="${n(x((from + to) / 2))}" y="${TOP - 4}" text-anchor="middle">↑${Math.round(height)}</text>`;
  });
}

function limitLine({ value, label }: { value: number; label: string }, { y }: Scales): string[] {
  const level = n(y(value));
  return [
    `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${level}" y2="${level}"/>`,
    `<text class="limit-label" x="${LEFT + 6}" y="${n(y(value) - 5)}">${label}</text>`,
  ];
}

/** Labels at the ends of lines; where two ends are close, the lower label moves down. */
function endLabels({ marks, until }: Panel, { x, y }: Scales): string[] {
  const ends = marks
    .flatMap((mark) => {
      const last = mark.kind === "line" ? mark.steps.at(-1) : undefined;
      return mark.kind === "line" && last ? [{ mark, y: y(last.value) - 6 }] : [];
    })
    .sort((one, other) => one.y - other.y);
  let free = TOP + 8;
  const right = Math.max(x(until), LEFT + 90);
  return ends.map(({ mark, y: wanted }) => {
    const level = Math.max(free, wanted);
    free = level + LABEL_HEIGHT;
    return `<text class="${mark.colour}-label" x="${n(right)}" y="${n(level)}" text-anchor="end">${mark.label}</text>`;
  });
}

function verticalAxis(top: number, { y }: Scales): string[] {
  return ticks(top, TICKS_MAX.vertical).flatMap((value) => [
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(value))}" y2="${n(y(value))}"/>`,
    `<text class="tick" x="${LEFT - 6}" y="${n(y(value) + 4)}" text-anchor="end">${value}</text>`,
  ]);
}

function horizontalAxis(seconds: number, { x }: Scales): string[] {
  return ticks(seconds, TICKS_MAX.horizontal).map(
    (second) =>
      `<text class="tick" x="${n(x(second))}" y="${HEIGHT - 9}" text-anchor="middle">${second}${second === 0 ? " s" : ""}</text>`,
  );
}

function ticks(top: number, most: number): number[] {
  const step = TICK_STEPS.find((each) => top / each <= most) ?? top;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, place) => place * step);
}

/** A coordinate, to a tenth. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
