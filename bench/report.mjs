// The results as Markdown, which the terminal shows as well and docs/performance.md shows rendered.
import { cpus, totalmem } from 'node:os';
import { comparisonTables } from './comparison-tables.mjs';
import { table, underLimit, verdict, whole, withSpread } from './tables.mjs';

/** Of the server, at its highest. */
const MEMORY_LIMIT_MIB = 230;

export function machine() {
  const model = cpus()[0]?.model.trim();
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

export function report({ machine: where, options, comparisons, batch, auditLag, workflows, startUp, memory }) {
  const { rounds, seconds } = options;
  return [
    `${where}, which contenders, their PostgreSQL and the load share. ${rounds} rounds of ${seconds} s in turn; medians, in brackets the least and the greatest round. Ratios are of rounds that followed one another.`,
    ...comparisonTables(comparisons),
    ...(batch === null ? ['`POST /v1/licenses:batch-issue` is not there.'] : batch ? [batchTable(batch)] : []),
    ...(auditLag ? [auditLagLines(auditLag)] : []),
    ...(workflows ? [workflowsLine(workflows)] : []),
    ...(startUp ? [startUpLine(startUp)] : []),
    ...(memory ? [memoryLine(memory)] : []),
    ...(comparisons.length > 0 ? [generatorLine(comparisons)] : []),
  ].join('\n\n');
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

function workflowsLine({ runs, perSecond, cpuMsPerRun, idleCpuMsPerS, waitingRuns, waitingCpuMsPerS, issueRatio }) {
  const cost = `${cpuMsPerRun.value.toFixed(1)} ms CPU a run${underLimit(cpuMsPerRun.value, cpuMsPerRun.goal)}`;
  const rate = `${perSecond.value.toFixed(0)} a second${verdict(perSecond.value, perSecond.goal)}`;
  const idle = `Idle the server and PostgreSQL use ${whole(idleCpuMsPerS)} ms CPU a second, beside ${whole(waitingRuns)} runs that wait ${whole(waitingCpuMsPerS)}`;
  const beside = `issuing keeps ${issueRatio.value.toFixed(2)} of its rate beside them${verdict(issueRatio.value, issueRatio.goal)}`;
  return `**workflows**: ${whole(runs)} runs of lead-to-customer, ${rate}, ${cost}. ${idle}; ${beside}.`;
}

function startUpLine({ ms, goalMs, engine }) {
  const added = (of, unit) =>
    `${withSpread(engine[of], whole)} ${unit}${underLimit(engine[of].median, engine.goals[of])}`;
  return (
    `**start-up** on an existing embedded database: ${withSpread(ms, whole)} ms until ready${underLimit(ms.median, goalMs)}. ` +
    `The workflow engine adds ${added('startMs', 'ms')}, idle ${added('idleCpuMsPerS', 'ms CPU a second')} with PostgreSQL, and ${added('memoryMiB', 'MiB')} of resident memory, ${added('waitingMemoryMiB', 'MiB')} where 1,000 runs wait.`
  );
}

function memoryLine(memory) {
  const each = Object.entries(memory).map(
    ([name, { now, peak }]) =>
      `${name} ${now} MiB (highest ${peak})${name === 'ours' ? underLimit(peak, MEMORY_LIMIT_MIB) : ''}`,
  );
  return `**resident memory** at the end: ${each.join(', ')}.`;
}

function generatorLine(comparisons) {
  const costs = comparisons.flatMap(({ lanes }) =>
    lanes.filter(({ label }) => label !== 'raw').map(({ generatorCpuMs }) => generatorCpuMs),
  );
  return `The load generator took ${Math.min(...costs).toFixed(2)} to ${Math.max(...costs).toFixed(2)} ms of CPU a request, on the same cores; raw has none.`;
}
