// A bar for each ratio, as SVG that reads well on white and on black.
const WIDTH = 760;
const LABEL_WIDTH = 330;
const BAR_WIDTH = 340;
const ROW = 22;
const TOP = 56;
/** Longer bars are cut; their number is printed. */
const LONGEST = 4;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e }
  .floor { fill: #3b82c4 } .raw { fill: #2f9e77 } .spec { fill: #a3a9b1 } .without { fill: #c08a2b } .bare { fill: #8a63b8 }
  .unsigned, .one { fill: #c08a2b } .better-auth { fill: #b85a6a }
  .even { stroke: #59636e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .even { stroke: #9198a1 } }`;

export function chart({ comparisons, batch }) {
  const bars = comparisons.flatMap(({ scenario, connections, ratios }) =>
    ratios.map(({ to, median }) => ({ label: `${scenario}, ${connections} conn.`, to, median })),
  );
  if (batch) bars.push({ label: `batch of ${batch.size}`, to: 'bare INSERT', median: batch.ratio.median });
  const height = TOP + bars.length * ROW + 12;
  const even = LABEL_WIDTH + BAR_WIDTH / LONGEST;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Requests a second of Imprimatur as a multiple of each contender's</title>
<style>${STYLE}
</style>
<text class="title" x="8" y="20">Requests a second, as a multiple of the contender's</text>
<text class="quiet" x="${even}" y="44" text-anchor="middle">1 ×</text>
${bars.map(barOf).join('\n')}
<line class="even" x1="${even}" y1="${TOP - 6}" x2="${even}" y2="${height - 8}"/>
</svg>
`;
}

function barOf({ label, to, median }, at) {
  const y = TOP + at * ROW;
  const width = (Math.min(median, LONGEST) / LONGEST) * BAR_WIDTH;
  const [kind] = to.split(' ');
  return [
    `<text x="8" y="${y + 12}">${label}</text>`,
    `<text class="quiet" x="${LABEL_WIDTH - 8}" y="${y + 12}" text-anchor="end">${to}</text>`,
    `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 7}" rx="2"/>`,
    `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${y + 12}">${median.toFixed(2)}</text>`,
  ].join('');
}
