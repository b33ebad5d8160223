// Writes the tables that follow from the code into docs/, between the markers of their name; with --check it compares only. Facts come from dist/.
// Sentences beside them are written in the documents: they are kept by the first cell of their row, and a row without them is an error.
import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { FAILURE_CODES, nextAfter, SUCCESS_CODES } from '../dist/validation/validation-codes.js';
import { Environment, loadConfig } from '../dist/config.js';
import { ClockMetrics } from '../dist/metrics/clock-metrics.js';
import { DatabaseMetrics } from '../dist/metrics/database-metrics.js';
import { ProcessMetrics } from '../dist/metrics/process-metrics.js';
import { WorkflowMetrics } from '../dist/metrics/workflow-metrics.js';
import { PROBLEM_ACTIONS } from '../dist/shared/http/next-action.js';
import { formatMarkdown } from './format-markdown.mjs';
import { PROBLEM_DETAILS } from '../dist/shared/http/problem-examples.js';
import { Metrics } from '../dist/shared/metrics.js';

const PROSE = Symbol('prose');
const config = loadConfig({});
const document = JSON.parse(readFileSync(new URL('../dist/openapi.json', import.meta.url), 'utf8'));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, name: `${method.toUpperCase()} ${path}` })),
);

/** Region by region: its document, and what stands between the markers. */
const REGIONS = [
  ['docs/api.md', 'operations', operationTables],
  ['docs/access.md', 'roles', rolesTable],
  ['docs/operations.md', 'settings', settingsTable],
  ['docs/operations.md', 'metrics', metricsTable],
  ['docs/next-actions.md', 'problems', problemsTable],
  ['docs/validation-codes.md', 'success-codes', (old) => codesTable(SUCCESS_CODES, old)],
  ['docs/validation-codes.md', 'failure-codes', (old) => codesTable(FAILURE_CODES, old)],
  ['docs/bus.md', 'bus', busTable],
];

function operationTables() {
  const tables = document.tags.map(({ name }) => {
    const rows = operations.filter(({ tags }) => tags.includes(name));
    const cells = rows.map((operation) => [code(operation.name), permissionOf(operation), operation.summary]);
    return `### ${name}\n\n${table(['operation', 'permission', ''], cells)}`;
  });
  return tables.join('\n\n');
}

function permissionOf({ security = [], 'x-permission': permission }) {
  if (security.length === 0) return 'none';
  if (permission === undefined) return 'any';
  const byLicense = security.some((alternative) => Object.keys(alternative).length === 0);
  return byLicense ? `a license key; an API key sent as well needs ${code(permission)}` : code(permission);
}

function rolesTable() {
  const roles = Object.entries(document['x-roles']);
  const all = new Set(roles.flatMap(([, permissions]) => permissions));
  const rows = [...all].map((permission) => [
    code(permission),
    ...roles.map(([, permissions]) => (permissions.includes(permission) ? '✓' : '')),
  ]);
  return table(['permission', ...roles.map(([name]) => code(name))], rows);
}

function settingsTable(old) {
  const rows = Object.keys(Environment.shape).map((name) => {
    const value = config.settings[name];
    return [code(name), value === undefined ? '' : code([value].flat().join(',')), PROSE];
  });
  return table(['setting', 'default', 'meaning'], rows, old);
}

async function metricsTable() {
  const metrics = new Metrics();
  new ClockMetrics(metrics, {});
  new DatabaseMetrics(metrics, { driver: { master: { options: {} } } });
  new ProcessMetrics(metrics);
  new WorkflowMetrics(metrics, { driver: { master: {} } });
  const rows = metrics.registry.getMetricsAsArray().map(({ name, type, labelNames, help }) => {
    return [code(name), type, labelNames.map(code).join(' '), help];
  });
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

/** Codes of no route, such as those of a broken connection, have their status from the document. */
function problemsTable(old) {
  const { examples } = document.components;
  const rows = Object.entries(PROBLEM_ACTIONS).map(([name, action]) => [
    code(name),
    examples[name] ? String(examples[name].value.status) : PROSE,
    PROBLEM_DETAILS[name],
    code(action),
  ]);
  return table(['code', 'status', 'for example', '`next.action`'], rows, old);
}

function codesTable(codes, old) {
  const rows = codes.map((name) => [code(name), PROSE, code(nextAfter(name).action), PROSE]);
  return table(['code', 'when', '`next.action`', 'what to do'], rows, old);
}

/** The messages and events that each module exports. */
async function busTable() {
  const modules = readdirSync('dist', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const rows = [];
  for (const { name } of modules) {
    const exported = await import(`../dist/${name}/index.js`).catch((error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    });
    const ending = (end) =>
      Object.keys(exported ?? {})
        .filter((word) => word.endsWith(end))
        .sort();
    const cells = ['Command', 'Query', 'Event'].map((end) => ending(end).map(code).join(' '));
    if (cells.some((cell) => cell !== '')) rows.push([code(name), ...cells]);
  }
  return table(['module', 'commands', 'queries', 'events'], rows);
}

function code(text) {
  return `\`${text}\``;
}

/** Sentences are taken from the table that stood there, which has the same columns. */
function table(head, rows, old = '') {
  const before = new Map(cellsOf(old).map((cells) => [cells[0], cells]));
  const lines = rows.map((cells) => cells.map((cell, at) => (cell === PROSE ? sentence(before, cells, at) : cell)));
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellsOf(markdown) {
  return [...markdown.matchAll(/^\|(.*)\|$/gm)].map(([, row]) => row.split('|').map((cell) => cell.trim()));
}

function sentence(before, [first], at) {
  const found = before.get(first)?.[at];
  if (!found) throw new Error(`${first} has no text in column ${at + 1} of its table: add the row there.`);
  return found;
}

async function fill(page, path, name, write) {
  const region = new RegExp(`(<!-- generated: ${name} -->)(.*)(<!-- /generated: ${name} -->)`, 's');
  const [, , old] = region.exec(page) ?? [];
  if (old === undefined) throw new Error(`${path} has no place for "${name}".`);
  const content = await write(old);
  const filled = page.replace(region, (_, begin, __, end) => `${begin}\n\n${content}\n\n${end}`);
  return formatMarkdown(path, filled);
}

const pages = new Map();
for (const [path, name, write] of REGIONS) {
  pages.set(path, await fill(pages.get(path) ?? readFileSync(path, 'utf8'), path, name, write));
}
const stale = [...pages].filter(([path, page]) => page !== readFileSync(path, 'utf8'));
if (!process.argv.includes('--check')) for (const [path, page] of stale) writeFileSync(path, page);
else if (stale.length > 0) {
  console.error(`Run "npm run docs": ${stale.map(([path]) => path).join(', ')} is not what the code says.`);
  process.exitCode = 1;
}
