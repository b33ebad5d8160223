// The results as Markdown, which the terminal shows as well and docs/performance.md shows rendered.
import { cpus, totalmem } from 'node:os';

export function machine() {
  const model = cpus()[0]?.model.trim();
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

export function report({ machine: where, options, comparisons, batch, auditLag, startUp, memory }) {
  const { rounds, seconds } = options;
  return [
    `${where}, which contenders, their PostgreSQL and the load share. ${rounds} rounds of ${seconds} s in turn; medians, in brackets the least and the greatest round. Ratios are of rounds that followed one another.`,
    ...comparisons.map(comparisonTable),
    ...(batch === null ? ['`POST /v1/licenses:batch-issue` is not there.'] : batch ? [batchTable(batch)] : []),
    ...(auditLag ? [auditLagLines(auditLag)] : []),
    ...(startUp ? [startUpLine(startUp)] : []),
    ...(memory ? [memoryLine(memory)] : []),
    ...(comparisons.length > 0 ? [generatorLine(comparisons)] : []),
  ].join('\n\n');
}

function comparisonTable({ scenario, connections, lanes, ratios, p99GoalMs }) {
  const [first] = lanes;
  const cells = lanes.map((lane, at) => {
    const ratio = ratios[at - 1];
    return [
      lane.label,
      withSpread(lane.rate, whole),
      ratio ? withSpread(ratio, (value) => value.toFixed(2)) + verdict(ratio.median, ratio.goal) : '',
      milliseconds(lane.p50),
      milliseconds(lane.p99) + (lane === first && p99GoalMs ? underLimit(lane.p99, p99GoalMs) : ''),
      lane.statements.toFixed(2),
      lane.transactions.toFixed(2),
      milliseconds(lane.nodeCpuMs),
      milliseconds(lane.postgresCpuMs),
    ];
  });
  const heads = [
    '',
    'a second',
    `${first.label} to it`,
    'p50 ms',
    'p99 ms',
    'statements',
    'transactions',
    'Node ms',
    'PostgreSQL ms',
  ];
  return `**${scenario}, ${connections} connection${connections === 1 ? '' : 's'}**\n\n${table(heads, cells)}`;
}

function batchTable({ size, ours, bare, ratio, drainMs }) {
  const rows = [
    ['ours', withSpread(ours, whole), ''],
    [
      'bare INSERT … SELECT',
      withSpread(bare, whole),
      withSpread(ratio, (value) => value.toFixed(2)) + verdict(ratio.median, ratio.goal),
    ],
  ];
  const after = `Its events were all in the log ${whole(drainMs)} ms after the last line was answered.`;
  return `**batch of ${whole(size)}**\n\n${table(['', 'licenses a second', 'ours to it'], rows)}\n\n${after}`;
}

function auditLagLines({ connections, events, rate, limitMs, share, p50, p99, worst, outbox, drainMs }) {
  return (
    `**audit lag** while ${whole(rate)} licenses a second are issued over ${connections} connections: ` +
    `${(share.value * 100).toFixed(2)} % of ${whole(events)} events were readable within ${limitMs} ms${verdict(share.value, share.goal)}; ` +
    `p50 ${whole(p50)} ms, p99 ${whole(p99)} ms, worst ${whole(worst)} ms. ` +
    `Rows in the outbox: median ${whole(outbox.firstHalf)} in the first half, ${whole(outbox.secondHalf)} in the second, at most ${whole(outbox.most)}; none ${whole(drainMs)} ms after the last order.`
  );
}

function startUpLine({ ms, goalMs }) {
  return `**start-up** on an existing embedded database: ${withSpread(ms, whole)} ms until ready${underLimit(ms.median, goalMs)}.`;
}

function memoryLine(memory) {
  const each = Object.entries(memory).map(([name, { now, peak }]) => `${name} ${now} MiB (highest ${peak})`);
  return `**resident memory** at the end: ${each.join(', ')}.`;
}

function generatorLine(comparisons) {
  const costs = comparisons.flatMap(({ lanes }) =>
    lanes.filter(({ label }) => label !== 'raw').map(({ generatorCpuMs }) => generatorCpuMs),
  );
  return `The load generator took ${Math.min(...costs).toFixed(2)} to ${Math.max(...costs).toFixed(2)} ms of CPU a request, on the same cores; raw has none.`;
}

/** Columns as wide as their widest cell. */
export function table(heads, rows) {
  const all = [heads, ...rows];
  const widths = heads.map((_, at) => Math.max(3, ...all.map((row) => row[at].length)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

export function withSpread({ median, min, max }, show) {
  return `${show(median)} [${show(min)}–${show(max)}]`;
}

export function whole(value) {
  return Math.round(value).toLocaleString('en');
}

export function milliseconds(value) {
  return Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 1) : '–';
}

export function verdict(value, goal) {
  return goal === undefined ? '' : ` (${value >= goal ? 'reaches' : 'misses'} ${goal})`;
}

export function underLimit(value, limit) {
  return ` (${value <= limit ? 'within' : 'over'} ${whole(limit)})`;
}
