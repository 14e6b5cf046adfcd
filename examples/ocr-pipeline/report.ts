import { type Panel, svgOf } from "../chart/chart.ts";
import { comparisonTable, pageOf } from "../chart/page.ts";
import { comparison, type Measured } from "./measure.ts";
import { OCR_TERMS } from "./ocr-service.ts";

/** One page, whole in itself, that shows both runs side by side on the same axes. */
export function reportOf(without: Measured, with_: Measured, scale: number): string {
  const runs = [without, with_];
  const seconds = Math.ceil(Math.max(...runs.map((run) => run.seconds)) / 10) * 10;
  const title = `${without.documents} documents and an OCR service, without and with a semaphore`;
  return pageOf(
    title,
    `<h1>${without.documents} documents, one OCR service that falls over</h1>
<p class="lead">Documents go through SQS to a Lambda function, and from there to an OCR service that stands
<b>${OCR_TERMS.inFlightMax} at a time</b> and <b>${OCR_TERMS.startsPerSecondMax} starts a second</b>. Above that it loses
what it works at, and answers 503 for ${OCR_TERMS.collapseSeconds} seconds. ${verdict(without, with_)}</p>
${comparisonTable(["", "without", "with the semaphore"], comparison(without, with_))}
<div class="runs">
${runs.map((run) => sectionOf(run, seconds)).join("\n")}
</div>
<p class="key"><span class="swatch good"></span>taken in by the service <span class="swatch bad"></span>refused with 503, or dead
<span class="swatch collapse"></span>fallen over <span class="swatch limit"></span>what the service stands</p>
<p class="note">Seconds are the application's. ${scale === 1 ? "They passed as they are." : `Everything ran ${scale} times faster: ${OCR_TERMS.startsPerSecondMax * scale} starts in a real second, and work and breakdowns that are ${scale} times shorter; but Lambda's scaling, and the seconds after which SQS hands out a failed document again, are real ones.`}
Starts are means of two seconds. The service forgives jitter: a bucket holds ${OCR_TERMS.startsPerSecondMax} starts, filled at ${OCR_TERMS.startsPerSecondMax} a second.
A document is dead after three receives.</p>`,
  );
}

function verdict(without: Measured, with_: Measured): string {
  const times = (count: number) =>
    count === 0 ? "does not fall over" : `falls over ${count === 1 ? "once" : `${count} times`}`;
  return `Without a semaphore it ${times(without.collapses.length)}, and ${without.deadLetters} documents end as dead letters. With one it ${times(with_.collapses.length)}, and ${with_.done === with_.documents ? "all" : with_.done} are done.`;
}

/** Enough to see the limit from both sides; what is higher is cut off, and says so. */
const RATE_TOP = OCR_TERMS.startsPerSecondMax * 3;

/** `seconds`: the end of the horizontal axis. */
function sectionOf(run: Measured, seconds: number): string {
  const panels = panelsOf(run, seconds).map((panel) => `<figure>${svgOf(panel)}</figure>`);
  return `<section>
<h2>${run.withSemaphore ? "With the semaphore" : "Without a semaphore"}</h2>
${panels.join("\n")}
</section>`;
}

function panelsOf(run: Measured, seconds: number): Panel[] {
  const { inFlightMax, startsPerSecondMax } = OCR_TERMS;
  const { documents } = run;
  const shades = run.collapses.map(({ from, to, why }) => {
    return { from, to, title: `fell over at ${from.toFixed(1)} s: ${why}` };
  });
  const time = { seconds, until: run.seconds, shades };
  return [
    {
      ...{ title: "Documents in flight in the service", ...time },
      top: inFlightMax * 1.3,
      limit: { value: inFlightMax, label: `limit ${inFlightMax}` },
      marks: [{ kind: "area", colour: "good", steps: run.inFlight }],
    },
    {
      ...{ title: "Starts a second, and what was refused", ...time },
      top: RATE_TOP,
      limit: { value: startsPerSecondMax, label: `limit ${startsPerSecondMax}` },
      marks: [{ kind: "bars", bins: run.starts }],
    },
    {
      ...{ title: "Documents done, and dead letters", ...time },
      top: documents * 1.15,
      limit: { value: documents, label: `all ${documents}` },
      marks: [
        { kind: "line", colour: "good", steps: run.doneOverTime, label: `${run.done} done` },
        ...(run.deadLetters === 0
          ? []
          : [
              {
                ...({ kind: "line", colour: "bad" } as const),
                steps: run.deadLettersOverTime,
                label: `${run.deadLetters} dead`,
              },
            ]),
      ],
    },
  ];
}
