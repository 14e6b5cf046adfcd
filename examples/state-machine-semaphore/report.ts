import { type Panel, type Stretch, svgOf } from "../chart/chart.ts";
import { comparisonTable, pageOf } from "../chart/page.ts";
import { LIMIT } from "./executions.ts";
import { comparison, costComparison, type Lane, type Measured } from "./measure.ts";

const NAMES = ["original", "leased"] as const;
/** Lanes a few pixels high. */
const LANES_HEIGHT = 340;

/** One page, whole in itself, that shows both runs side by side on the same axes. */
export function reportOf(original: Measured, leased: Measured): string {
  const runs = [original, leased];
  const seconds = Math.ceil(Math.max(...runs.map((run) => run.seconds)) / 10) * 10;
  const count = original.lanes.length;
  const { FAILED, ABORTED } = original.endings;
  return pageOf(
    `${count} executions, ${LIMIT} at a time, by polling and by lease`,
    `<h1>${count} executions, ${LIMIT} at a time</h1>
<p class="lead">Each execution gets a lock, works two to eight seconds, and releases. ${FAILED} fail at work, and
${ABORTED} are aborted: what they held comes back too. Both semaphores keep to the limit. Who waits for the
<b>original</b> asks again every five seconds, so that slots stand empty ${original.emptySlotSeconds.toFixed(0)} seconds in all, and
${original.overtaken} executions see later ones go first. Who waits for the <b>leased</b> one is called the moment that a
slot is free, in the order of coming.</p>
<div class="tables">
${comparisonTable(["What it does", ...NAMES], comparison(original, leased))}
${comparisonTable(["What it takes", ...NAMES], costComparison(original, leased), { plain: true })}
</div>
<div class="runs">
${runs.map((run) => sectionOf(run, seconds)).join("\n")}
</div>
<p class="key"><span class="swatch good"></span>at work <span class="swatch gap"></span>empty, while others wait
<span class="swatch quiet"></span>waiting <span class="swatch dead"></span>failed or aborted at work <span class="swatch limit"></span>the limit</p>
<p class="note">Seconds are the application's: the cloud's clock is moved, so that they pass as fast as the work of this machine allows, and
in the same order every time. All of it is read from the executions' own histories. A lane is an execution; the first that came is at
the top.</p>`,
  );
}

/** `seconds`: the end of the horizontal axis. */
function sectionOf(run: Measured, seconds: number): string {
  const panels = panelsOf(run, seconds).map((panel) => `<figure>${svgOf(panel)}</figure>`);
  return `<section>
<h2>${run.variant === "original" ? "The original: who waits asks every five seconds" : "Leased: who waits is called"}</h2>
${panels.join("\n")}
</section>`;
}

function panelsOf(run: Measured, seconds: number): Panel[] {
  const time = { seconds, until: run.seconds };
  return [
    {
      ...{ title: "Executions at work", ...time },
      top: LIMIT * 1.3,
      limit: { value: LIMIT, label: `limit ${LIMIT}` },
      marks: [
        { kind: "gap", lower: run.atWork, upper: run.couldWork },
        { kind: "area", colour: "good", steps: run.atWork },
      ],
    },
    {
      ...{ title: "Each execution, from its coming to its end", ...time, height: LANES_HEIGHT },
      top: run.lanes.length,
      marks: [{ kind: "lanes", lanes: run.lanes.map(laneOf) }],
    },
  ];
}

function laneOf({ arrived, from, until, ending }: Lane, place: number): Stretch[] {
  const name = `execution ${place + 1}`;
  return [
    {
      ...{ from: arrived, to: from, colour: "quiet" },
      title: `${name}: waited ${(from - arrived).toFixed(1)} s`,
    },
    {
      ...{ from, to: until, colour: ending === "SUCCEEDED" ? "good" : "bad" },
      title: `${name}: at work ${(until - from).toFixed(1)} s, ${ending}`,
    },
  ];
}
