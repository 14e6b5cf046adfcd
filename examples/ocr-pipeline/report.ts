import { type Panel, svgOf } from "./chart.ts";
import { comparison, type Measured } from "./measure.ts";
import { OCR_TERMS } from "./ocr-service.ts";

/** One page, whole in itself, that shows both runs side by side on the same axes. */
export function reportOf(without: Measured, with_: Measured, scale: number): string {
  const runs = [without, with_];
  const seconds = Math.ceil(Math.max(...runs.map((run) => run.seconds)) / 10) * 10;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${without.documents} documents and an OCR service, without and with a semaphore</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${without.documents} documents, one OCR service that falls over</h1>
<p class="lead">Documents go through SQS to a Lambda function, and from there to an OCR service that stands
<b>${OCR_TERMS.inFlightMax} at a time</b> and <b>${OCR_TERMS.startsPerSecondMax} starts a second</b>. Above that it loses
what it works at, and answers 503 for ${OCR_TERMS.collapseSeconds} seconds. ${verdict(without, with_)}</p>
${tableOf(without, with_)}
<div class="runs">
${runs.map((run) => sectionOf(run, seconds)).join("\n")}
</div>
<p class="key"><span class="swatch good"></span>taken in by the service <span class="swatch bad"></span>refused with 503, or dead
<span class="swatch collapse"></span>fallen over <span class="swatch limit"></span>what the service stands</p>
<p class="note">Seconds are the application's. ${scale === 1 ? "They passed as they are." : `Everything ran ${scale} times faster: ${OCR_TERMS.startsPerSecondMax * scale} starts in a real second, and work and breakdowns that are ${scale} times shorter; but Lambda's scaling, and the seconds after which SQS hands out a failed document again, are real ones.`}
Starts are means of two seconds. The service forgives jitter: a bucket holds ${OCR_TERMS.startsPerSecondMax} starts, filled at ${OCR_TERMS.startsPerSecondMax} a second.
A document is dead after three receives.</p>
</main>
</body>
</html>
`;
}

function verdict(without: Measured, with_: Measured): string {
  const times = (count: number) =>
    count === 0 ? "does not fall over" : `falls over ${count === 1 ? "once" : `${count} times`}`;
  return `Without a semaphore it ${times(without.collapses.length)}, and ${without.deadLetters} documents end as dead letters. With one it ${times(with_.collapses.length)}, and ${with_.done === with_.documents ? "all" : with_.done} are done.`;
}

function tableOf(without: Measured, with_: Measured): string {
  const rows = comparison(without, with_).map(
    ([what, one, other]) => `<tr><th scope="row">${what}</th><td>${one}</td><td>${other}</td></tr>`,
  );
  return `<table>
<thead><tr><th></th><th scope="col">without</th><th scope="col">with the semaphore</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;
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
  const { collapses, documents } = run;
  const time = { seconds, until: run.seconds, collapses };
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

const STYLE = `
:root { color-scheme: light dark;
  --back: #fbfbfa; --card: #ffffff; --edge: #e3e4e6; --text: #1c2126; --quiet: #5b636d; --grid: #eceeef;
  --good: #1f6fd6; --good-soft: #1f6fd630; --bad: #cf2f22; --limit: #1c2126; --collapse: #cf2f2224; }
@media (prefers-color-scheme: dark) { :root {
  --back: #111417; --card: #191d22; --edge: #2c333b; --text: #e8ebee; --quiet: #9aa4af; --grid: #272d34;
  --good: #62a8ff; --good-soft: #62a8ff38; --bad: #ff7466; --limit: #e8ebee; --collapse: #ff746630; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 12px; }
h2 { font-size: 18px; margin: 0 0 8px; }
.lead { max-width: 78ch; margin: 0 0 20px; }
table { border-collapse: collapse; margin: 0 0 28px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 24px 5px 0; border-bottom: 1px solid var(--edge); text-align: right; }
td { white-space: nowrap; }
tbody th { font-weight: 400; text-align: left; }
thead th { color: var(--quiet); font-weight: 600; }
td:nth-child(3) { color: var(--good); font-weight: 600; }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 18px 18px 8px; }
figure { margin: 0 0 6px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.title { font-weight: 600; font-size: 13px; fill: var(--text); }
.tick { fill: var(--quiet); }
.grid { stroke: var(--grid); }
.collapse { fill: var(--collapse); }
.good-area { fill: var(--good-soft); }
.good-line, .bad-line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.good-line { stroke: var(--good); } .bad-line { stroke: var(--bad); } .thin { stroke-width: 1; }
.good-fill { fill: var(--good); } .bad-fill { fill: var(--bad); opacity: .75; }
.good-label, .bad-label, .limit-label { font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.good-label { fill: var(--good); } .bad-label { fill: var(--bad); }
.limit { stroke: var(--limit); stroke-width: 1.2; stroke-dasharray: 5 4; }
.limit-label { fill: var(--limit); }
.key { margin: 18px 0 6px; color: var(--quiet); }
.swatch { display: inline-block; width: 22px; height: 11px; border-radius: 2px; margin: 0 6px 0 14px; }
.swatch:first-child { margin-left: 0; }
.swatch.good { background: var(--good); } .swatch.bad { background: var(--bad); opacity: .75; }
.swatch.collapse { background: var(--collapse); }
.swatch.limit { height: 0; border-top: 2px dashed var(--limit); border-radius: 0; vertical-align: middle; }
.note { color: var(--quiet); font-size: 14px; max-width: 95ch; }
`;
