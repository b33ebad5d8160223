// Two tables a scenario: what depends on the machine and its day, and what can be counted and repeats.
import { milliseconds, table, underLimit, verdict, verdictAtMost, whole, withSpread } from './tables.mjs';

const COUNTS = {
  'round trips': 'roundTrips',
  statements: 'statements',
  transactions: 'transactions',
  'socket writes': 'socketWrites',
  'write calls': 'writeCalls',
  'file writes of PostgreSQL': 'fileWrites',
};

export function comparisonTables(comparisons) {
  const names = [...new Set(comparisons.map(({ scenario }) => scenario))];
  return names.flatMap((name) => {
    const own = comparisons.filter(({ scenario }) => scenario === name);
    return [`**${name}**`, ratesTable(own), `Counted, a request of ${name}:`, countsTable(own)];
  });
}

function ratesTable(comparisons) {
  const [{ lanes }] = comparisons;
  const first = lanes[0].label;
  const rows = rowsOf(comparisons, (lane, ratio, { p99 }) => [
    withSpread(lane.rate, whole),
    ratio ? withSpread(ratio, share) + verdict(ratio.median, ratio.goal) : '',
    milliseconds(lane.p50),
    milliseconds(lane.p99) + (!ratio && p99 ? underLimit(lane.p99, p99) : ''),
    milliseconds(lane.nodeCpuMs),
    milliseconds(lane.postgresCpuMs),
    ratio ? share(ratio.cpu.median) + verdictAtMost(ratio.cpu.median, ratio.cpu.limit) : '',
  ]);
  const rates = ['a second', `${first} to it`, 'p50 ms', 'p99 ms'];
  return table(['connections', '', ...rates, 'Node ms', 'PostgreSQL ms', `CPU, ${first} to it`], rows);
}

/** Round trips a request, at most, of the move of events and of timers. The goal is of those that a request waits for. */
const NOT_WAITED_FOR = 0.1;

function countsTable(comparisons) {
  const rows = rowsOf(comparisons, (lane, ratio, { roundTrips }) => [
    ...Object.values(COUNTS).map((field) => {
      const limit = field === 'roundTrips' && !ratio ? roundTrips : undefined;
      return share(lane[field]) + verdictAtMost(lane[field] - NOT_WAITED_FOR, limit);
    }),
    milliseconds(lane.allocatedBytes / 1024),
  ]);
  return table(['connections', '', ...Object.keys(COUNTS), 'KiB allocated'], rows);
}

/** The number of connections stands at the first of its lanes, which has no ratio. */
function rowsOf(comparisons, cells) {
  return comparisons.flatMap(({ connections, lanes, ratios, limits }) =>
    lanes.map((lane, at) => [at === 0 ? whole(connections) : '', lane.label, ...cells(lane, ratios[at - 1], limits)]),
  );
}

function share(value) {
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}
