// Tables of Markdown that also read well as text, and the numbers in them.

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

/** Of what must not be more. */
export function verdictAtMost(value, limit) {
  return limit === undefined ? '' : ` (${value <= limit ? 'reaches' : 'misses'} ≤ ${limit})`;
}

export function underLimit(value, limit) {
  return ` (${value <= limit ? 'within' : 'over'} ${whole(limit)})`;
}
