/** A value that holds from `at` on; `at` in the application's seconds. */
export interface Step {
  readonly at: number;
  readonly value: number;
}

/** What came in some seconds, a second. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly started: number;
  readonly refused: number;
}

/** A stretch of time behind what is drawn. */
export interface Shade {
  readonly from: number;
  readonly to: number;
  /** Told where a reader points at it. */
  readonly title: string;
}

/** What one panel shows. The horizontal axis is the same for all panels of a page. */
export interface Panel {
  readonly title: string;
  /** Of the whole, where its width is 560. */
  readonly height?: number;
  readonly seconds: number;
  /** When the run ended: lines go on until then. */
  readonly until: number;
  /** The value at the top of the vertical axis. */
  readonly top: number;
  readonly limit?: { readonly value: number; readonly label: string };
  readonly shades?: readonly Shade[];
  readonly marks: readonly Mark[];
}

/** A series, drawn in the colour of its class. */
export type Mark =
  | { readonly kind: "area"; readonly colour: Colour; readonly steps: readonly Step[] }
  | {
      /** What is missing between what is and what could be. */
      readonly kind: "gap";
      readonly lower: readonly Step[];
      readonly upper: readonly Step[];
    }
  | {
      readonly kind: "line";
      readonly colour: Colour;
      readonly steps: readonly Step[];
      /** Written at the line's end. */
      readonly label: string;
    }
  | { readonly kind: "bars"; readonly bins: readonly Bin[] }
  | {
      /** One below the other, the first at the top; `top` of the panel is how many there are. */
      readonly kind: "lanes";
      readonly lanes: readonly (readonly Stretch[])[];
    };

/** A part of a lane; `quiet` is thin. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly colour: Colour | "quiet";
  readonly title: string;
}

export type Colour = "good" | "bad";

const WIDTH = 560;
const HEIGHT_DEFAULT = 200;
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
  /** Where the vertical axis ends. */
  readonly bottom: number;
}

/** A panel as an SVG element of its own, coloured by the page's style sheet. */
export function svgOf(panel: Panel): string {
  const { title, height = HEIGHT_DEFAULT, seconds, top, limit, shades = [], marks } = panel;
  const bottom = height - BOTTOM;
  const x = (second: number) => LEFT + (Math.min(second, seconds) / seconds) * plotWidth;
  const y = (value: number) => bottom - (Math.min(value, top) / top) * (bottom - TOP);
  const scales = { x, y, bottom };
  const behind = shades.map(
    ({ from, to, title }) =>
      `<rect class="collapse" x="${n(x(from))}" y="${TOP}" width="${n(x(to) - x(from))}" height="${bottom - TOP}"><title>${title}</title></rect>`,
  );
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">`,
    `<text class="title" x="${LEFT}" y="18">${title}</text>`,
    ...behind,
    ...(marks.some(({ kind }) => kind === "lanes") ? [] : verticalAxis(top, scales)),
    ...horizontalAxis(seconds, scales),
    ...marks.map((mark) => draw(mark, panel, scales)),
    ...(limit ? limitLine(limit, scales) : []),
    ...endLabels(panel, scales),
    "</svg>",
  ].join("\n");
}

const plotWidth = WIDTH - LEFT - RIGHT;

function draw(mark: Mark, panel: Panel, scales: Scales): string {
  const { x, y } = scales;
  if (mark.kind === "bars") return drawBars(mark.bins, panel.top, scales);
  if (mark.kind === "lanes") return drawLanes(mark.lanes, scales);
  if (mark.kind === "gap") return drawGap(mark.lower, mark.upper, panel, scales);
  const path = `${steppedPath(mark.steps, scales)}H${n(x(panel.until))}`;
  if (mark.kind === "line") return `<path class="${mark.colour}-line" d="${path}"/>`;
  return `<path class="${mark.colour}-area" d="${path}V${n(y(0))}H${n(x(0))}Z"/><path class="${mark.colour}-line thin" d="${path}"/>`;
}

function drawBars(bins: readonly Bin[], top: number, scales: Scales): string {
  const { x, y } = scales;
  return bins
    .map(({ from, to, started, refused }) => {
      const width = n(Math.max(0.5, x(to) - x(from) - 0.6));
      const bar = (colour: Colour, low: number, high: number) =>
        high - low <= 0
          ? ""
          : `<rect class="${colour}-fill" x="${n(x(from))}" y="${n(y(high))}" width="${width}" height="${n(y(low) - y(high))}"/>`;
      return bar("good", 0, started) + bar("bad", started, started + refused);
    })
    .concat(cutLabels(bins, top, scales))
    .join("");
}

function drawLanes(lanes: readonly (readonly Stretch[])[], { x, bottom }: Scales): string {
  const pitch = (bottom - TOP) / lanes.length;
  return lanes
    .flatMap((stretches, place) =>
      stretches.map(({ from, to, colour, title }) => {
        const height = pitch * (colour === "quiet" ? 0.3 : 0.84);
        const middle = TOP + pitch * (place + 0.5);
        return `<rect class="${colour}-lane" x="${n(x(from))}" y="${fine(middle - height / 2)}" width="${n(Math.max(0.6, x(to) - x(from)))}" height="${fine(height)}"><title>${title}</title></rect>`;
      }),
    )
    .join("");
}

/** Between two series, wherever the upper one is above; both have to have their steps in the order of time. */
function drawGap(
  lower: readonly Step[],
  upper: readonly Step[],
  { until }: Panel,
  { x, y }: Scales,
): string {
  const instants = [...new Set([...lower, ...upper].map(({ at }) => at))].sort((a, b) => a - b);
  return instants
    .map((from, place) => {
      const to = instants[place + 1] ?? until;
      const low = valueAt(lower, from);
      const high = valueAt(upper, from);
      if (high <= low || to <= from) return "";
      return `<rect class="gap" x="${fine(x(from))}" y="${n(y(high))}" width="${fine(x(to) - x(from))}" height="${n(y(low) - y(high))}"/>`;
    })
    .join("");
}

function valueAt(steps: readonly Step[], instant: number): number {
  return steps.findLast(({ at }) => at <= instant)?.value ?? 0;
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

function horizontalAxis(seconds: number, { x, bottom }: Scales): string[] {
  return ticks(seconds, TICKS_MAX.horizontal).map(
    (second) =>
      `<text class="tick" x="${n(x(second))}" y="${bottom + 17}" text-anchor="middle">${second}${second === 0 ? " s" : ""}</text>`,
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

/** A coordinate of what is a pixel thin, to a hundredth. */
function fine(value: number): string {
  return String(Math.round(value * 100) / 100);
}
