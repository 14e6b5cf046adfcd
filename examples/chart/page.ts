/** One page, whole in itself: no script, no font, no picture from elsewhere; light and dark as its reader's screen is. */
export function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A table of three columns: what it is of, and how it was in either run. The second run's stand out, or do not. */
export function comparisonTable(
  heads: readonly [what: string, one: string, other: string],
  rows: readonly (readonly [string, string, string])[],
  { plain = false } = {},
): string {
  const lines = rows.map(
    ([what, one, other]) => `<tr><th scope="row">${what}</th><td>${one}</td><td>${other}</td></tr>`,
  );
  const [what, one, other] = heads;
  return `<table${plain ? ' class="plain"' : ""}>
<thead><tr><th>${what}</th><th scope="col">${one}</th><th scope="col">${other}</th></tr></thead>
<tbody>
${lines.join("\n")}
</tbody>
</table>`;
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
thead th:first-child { text-align: left; }
.tables { display: flex; flex-wrap: wrap; align-items: flex-start; column-gap: 72px; }
table:not(.plain) td:nth-child(3) { color: var(--good); font-weight: 600; }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 18px 18px 8px; }
figure { margin: 0 0 6px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.title { font-weight: 600; font-size: 13px; fill: var(--text); }
.tick { fill: var(--quiet); }
.grid { stroke: var(--grid); }
.collapse { fill: var(--collapse); }
.good-area { fill: var(--good-soft); }
.gap { fill: var(--bad); opacity: .55; }
.good-lane { fill: var(--good); } .bad-lane { fill: var(--bad); } .quiet-lane { fill: var(--quiet); opacity: .6; }
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
.swatch.good { background: var(--good); } .swatch.bad { background: var(--bad); opacity: .75; } .swatch.dead { background: var(--bad); }
.swatch.collapse { background: var(--collapse); }
.swatch.gap { background: var(--bad); opacity: .55; } .swatch.quiet { height: 3px; vertical-align: middle; background: var(--quiet); opacity: .55; }
.swatch.limit { height: 0; border-top: 2px dashed var(--limit); border-radius: 0; vertical-align: middle; }
.note { color: var(--quiet); font-size: 14px; max-width: 95ch; }
`;
