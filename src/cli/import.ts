import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import stableStringify from 'safe-stable-stringify';
import { z } from 'zod';
import { COLUMN_MAPPINGS, mapColumns, ownMapping, type ColumnMapping } from '../licensing/index.js';
import { loadConfig } from '../config.js';
import { MaintenanceError } from '../maintenance/index.js';
import { readLines } from '../shared/http/streams/lines.js';
import { csvRows, type InvalidRow } from '../shared/http/streams/csv-rows.js';
import { withProgress } from './progress-bar.js';
import { parsed, RefusedLines, sourceOf, type Refusal, type SourceLine } from './refused-lines.js';
import { run, say } from './run.js';

const USAGE = `Usage: npm run import -- FILE [options]

  --map NAME          the columns of keygen, cryptlex, licensespring or lemon-squeezy, or of a mapping in a JSON file
  --template ID       the template of lines that name none
  --product ID        the product of lines that name neither template nor product
  --dry-run           say what would happen, and change nothing
  --refused FILE      where refused lines are written as CSV, with the reasons; default: FILE.refused.csv

FILE is CSV, whose first line names the columns, or NDJSON. IMPORT_SERVER_URL is the server (the local one by
default), IMPORT_API_KEY an API key with the permission licenses:import. Lines that the server knows already are
left as they are: to go on after a failure, run the command again. Refused lines can be corrected in their own file,
which is imported like FILE, with the same options.`;

/** Lines of one request. A request that fails is repeated from its beginning, and what it stored is known then. */
const LINES_PER_REQUEST = 2_000;
const MAX_ATTEMPTS = 5;
const NO_LIMIT = { lineMs: 2 ** 31 - 1, bodyMs: 2 ** 31 - 1, bodyBytes: Infinity, lines: Infinity };

interface Result {
  readonly line: number;
  readonly outcome: string;
  readonly problem?: { readonly code: string; readonly detail: string; readonly errors?: readonly object[] };
}

const Mapping: z.ZodType<ColumnMapping> = z.strictObject({
  columns: z.record(z.string(), z.any()),
  defaults: z.record(z.string(), z.unknown()).optional(),
});

run('could not import the file', async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      map: { type: 'string' },
      template: { type: 'string' },
      product: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      refused: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [file] = positionals;
  if (values.help || file === undefined || positionals.length > 1) {
    say(USAGE);
    if (!values.help) process.exitCode = 1;
    return;
  }
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new MaintenanceError(`"${file}" cannot be read.`, { cause });
  });
  const config = loadConfig();
  const { IMPORT_API_KEY: apiKey, IMPORT_SERVER_URL } = config.settings;
  if (!apiKey) throw new MaintenanceError(`IMPORT_API_KEY is required.\n\n${USAGE}`);
  const url = new URL('/v1/licenses:import', IMPORT_SERVER_URL ?? config.localUrl(config.port));
  if (values['dry-run']) url.searchParams.set('dry_run', 'true');
  const mapping = values.map === undefined ? undefined : await readMapping(values.map);
  const defaults = { license_template_id: values.template, product_id: values.product };
  const refused = new RefusedLines(values.refused ?? `${file}.refused.csv`);
  const counts = new Map<string, number>();
  const total = await countLines(file);
  const repetitions = new Map<string, number>();
  await withProgress(total, 'lines', async (progress) => {
    for await (const chunk of chunksOf(readFileLines(file), LINES_PER_REQUEST)) {
      refused.see(chunk);
      for (const result of await importChunk(chunk, { url, apiKey, mapping, defaults, repetitions })) {
        counts.set(result.outcome, (counts.get(result.outcome) ?? 0) + 1);
        if (result.outcome === 'REFUSED') await refused.add(...refusalOf(result, chunk));
      }
      progress(chunk.length);
    }
  });
  await refused.close();
  for (const outcome of ['IMPORTED', 'IMPORTABLE', 'KNOWN', 'REFUSED'])
    if (counts.has(outcome)) say(`${outcome}: ${counts.get(outcome) ?? 0}`);
  if (refused.count > 0) {
    say(`The refused lines are in ${refused.file}. Correct them there, and import that file with the same options.`);
    process.exitCode = 2;
  }
});

async function readMapping(name: string): Promise<ColumnMapping> {
  const ready = Object.entries(COLUMN_MAPPINGS).find(([known]) => known === name)?.[1];
  if (ready) return ready;
  const content = await readFile(name, 'utf8').catch(() => {
    throw new MaintenanceError(
      `"${name}" is neither a mapping (${Object.keys(COLUMN_MAPPINGS).join(', ')}) nor a file.`,
    );
  });
  const parsed = Mapping.safeParse(JSON.parse(content));
  if (!parsed.success)
    throw new MaintenanceError(`${name} is not a mapping: it needs "columns", and may have "defaults".`);
  return parsed.data;
}

/** Returns the number of lines for the progress bar. */
async function countLines(file: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return lines;
}

async function* readFileLines(file: string): AsyncGenerator<SourceLine> {
  const isCsv = !/\.(nd)?jsonl?$/i.test(file);
  const lines = readLines(createReadStream(file), { ...NO_LIMIT, keepEmpty: isCsv });
  for await (const line of isCsv ? csvRows(lines) : lines) {
    if ('error' in line) yield unreadable(line, isCsv ? 'csv' : 'ndjson');
    else if ('value' in line) yield sourceOf(line.number, line.value);
    else yield parsed(line.number, line.text);
  }
}

function unreadable(line: InvalidRow, form: SourceLine['form']): SourceLine {
  return { number: line.number, value: undefined, form, fault: line.error.message, text: line.source };
}

/** Returns the refused line of a result, with the reason. */
function refusalOf({ line: number, problem }: Result, chunk: readonly SourceLine[]): [SourceLine, Refusal] {
  const line = chunk.find((each) => each.number === number) ?? { number, value: undefined, form: 'ndjson' as const };
  const detail = [problem?.detail, ...(problem?.errors ?? []).map((error) => JSON.stringify(error))].join(' ');
  return [line, { code: problem?.code ?? '', detail }];
}

async function* chunksOf(lines: AsyncIterable<SourceLine>, size: number): AsyncGenerator<SourceLine[]> {
  let chunk: SourceLine[] = [];
  for await (const line of lines) {
    chunk.push(line);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

interface Target {
  readonly url: URL;
  readonly apiKey: string;
  readonly mapping: ColumnMapping | undefined;
  readonly defaults: Readonly<Record<string, string | undefined>>;
  /** How often each line without an id came before, by its digest. */
  readonly repetitions: Map<string, number>;
}

/** Sends the lines of one request and returns their results with the numbers of the file. */
async function importChunk(chunk: readonly SourceLine[], target: Target): Promise<Result[]> {
  const sent = chunk.flatMap((line) =>
    line.value ? [{ number: line.number, line: toLine(line, line.value, target) }] : [],
  );
  const body = sent.map(({ line }) => JSON.stringify(line)).join('\n');
  const results = sent.length === 0 ? [] : await post(body, sent.length, target);
  const unread = chunk.filter(({ value }) => !value);
  const all = [
    ...results.map((result) => ({ ...result, line: sent[result.line - 1]?.number ?? 0 })),
    ...unread.map(({ number, fault = '' }) => ({
      line: number,
      outcome: 'REFUSED',
      problem: { code: 'MALFORMED_REQUEST', detail: fault },
    })),
  ];
  return all.sort((one, other) => one.line - other.line);
}

function toLine(
  { isRestored = false }: SourceLine,
  value: Readonly<Record<string, unknown>>,
  { mapping, defaults, repetitions }: Target,
) {
  const isFlat = isRestored || Object.values(value).every((each) => typeof each === 'string');
  const line = mapping || isFlat ? mapColumns(value, mapping ?? ownMapping(value)) : { ...value };
  if (line.license_template_id === undefined && line.product_id === undefined && defaults.product_id !== undefined)
    line.product_id = defaults.product_id;
  line.license_template_id ??= defaults.license_template_id;
  // Null in NDJSON means without a limit; a line that does not name it has the seats of the template.
  if (!mapping && value.max_activations === null) line.max_activations = null;
  const { license_key, external_id, idempotency_key } = line;
  if (license_key === undefined && external_id === undefined && idempotency_key === undefined)
    line.idempotency_key = keyOf(value, repetitions);
  return line;
}

/** Returns the idempotency key of a line without an id: that of its content in any order, so that other lines of the file may change. Equal lines are counted. */
function keyOf(value: Readonly<Record<string, unknown>>, repetitions: Map<string, number>): string {
  const digest = createHash('sha256').update(stableStringify(value)).digest('hex');
  const count = (repetitions.get(digest) ?? 0) + 1;
  repetitions.set(digest, count);
  return `${digest}-${count}`;
}

/** Posts lines until all have a result. Nothing is imported twice, so a request that broke off is repeated. */
async function post(body: string, expected: number, { url, apiKey }: Target): Promise<Result[]> {
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    'Content-Type': 'application/x-ndjson',
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { method: 'POST', headers, body });
      const text = await response.text();
      if (response.status === 200) {
        const results = text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as Result)));
        if (results.length === expected) return results;
        throw new TypeError('The response broke off.');
      }
      if (response.status !== 429 && response.status < 500)
        throw new MaintenanceError(`The server answered ${response.status}: ${text}`);
      throw new TypeError(`The server answered ${response.status}.`);
    } catch (error) {
      if (error instanceof MaintenanceError) throw error;
      if (attempt === MAX_ATTEMPTS)
        throw new MaintenanceError(`${url.origin} does not answer: ${String(error)} Run the command again.`, {
          cause: error,
        });
      await new Promise((resolve) => setTimeout(resolve, 1_000 * attempt));
    }
  }
}
