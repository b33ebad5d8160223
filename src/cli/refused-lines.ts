import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { stringify } from 'csv-stringify/sync';

type Values = Readonly<Record<string, unknown>>;

/** Line of a file that is imported. */
export interface SourceLine {
  readonly number: number;
  /** Undefined: the line cannot be read. */
  readonly value: Values | undefined;
  readonly form: 'csv' | 'ndjson';
  readonly fault?: string | undefined;
  /** Names of the columns of a line that cannot be read. */
  readonly columns?: readonly string[];
  /** Text of a line that cannot be read. */
  readonly text?: string | undefined;
  /** Whether the line is from a file of refused lines. */
  readonly isRestored?: boolean;
}

/** Reason why a line was refused. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** Columns before those of the lines: number, code and reason, then the form of the line and its text if it cannot be read. */
const ADDED = ['import_line', 'import_code', 'import_detail', 'import_form', 'import_text'] as const;

type SpooledLine = Pick<SourceLine, 'number' | 'value' | 'form' | 'text'> & Refusal;

/**
 * Writes refused lines with their reasons as CSV, which can be corrected and imported again. They are collected in a file beside it, because
 * the columns of all lines must be known before the first is written. Nobody else may read either: the lines name customers.
 */
export class RefusedLines {
  count = 0;
  private readonly columns = new Set<string>();
  private collected: FileHandle | undefined;

  constructor(readonly file: string) {}

  /** Notes the columns of a CSV file, which its unreadable rows do not tell. */
  see(lines: readonly SourceLine[]): void {
    const row = lines.find(({ form, value }) => form === 'csv' && value);
    for (const name of Object.keys(row?.value ?? {})) this.columns.add(name);
  }

  async add({ number, value, columns, form, text }: SourceLine, { code, detail }: Refusal): Promise<void> {
    this.collected ??= await create(this.partFile);
    for (const name of columns ?? Object.keys(value ?? {})) this.columns.add(name);
    const line: SpooledLine = { number, value, form, text, code, detail };
    await this.collected.write(`${JSON.stringify(line)}\n`);
    this.count++;
  }

  async close(): Promise<void> {
    if (!this.collected) return;
    await this.collected.close();
    const columns = [...this.columns];
    const output = await create(this.file);
    try {
      await output.write(stringify([[...ADDED, ...columns].map(disarmed)]));
      for await (const text of createInterface(createReadStream(this.partFile))) {
        const { number, code, detail, form, text: unread = '', value = {} } = JSON.parse(text) as SpooledLine;
        const cells = columns.map((name) => (form === 'csv' ? textOf(value[name]) : toCell(value[name])));
        await output.write(stringify([[String(number), code, detail, form, unread, ...cells].map(disarmed)]));
      }
    } finally {
      await output.close();
    }
    await rm(this.partFile);
  }

  private get partFile(): string {
    return `${this.file}.part`;
  }
}

/** Returns the line that a row of CSV was; a row of refused lines has its values restored. */
export function sourceOf(number: number, row: Readonly<Record<string, string>>): SourceLine {
  if (!ADDED.every((name) => Object.hasOwn(row, name))) return { number, value: row, form: 'csv' };
  const form = row.import_form === 'ndjson' ? 'ndjson' : 'csv';
  const cells = Object.entries(row).flatMap(([name, cell]) =>
    ADDED.some((added) => added === name) ? [] : [[armed(name), armed(cell)] as const],
  );
  const text = armed(row.import_text ?? '');
  if (text !== '' && cells.every(([, cell]) => cell === '')) {
    if (form === 'ndjson') return parsed(number, text);
    const columns = cells.map(([name]) => name);
    const fault = 'The line has no values: move those in import_text to their columns.';
    return { number, value: undefined, columns, form, fault, text };
  }
  const value = form === 'csv' ? cells : cells.flatMap(([name, cell]) => (cell === '' ? [] : [[name, fromCell(cell)]]));
  return { number, value: Object.fromEntries(value) as Values, form, isRestored: true };
}

/** Returns the line that a text of NDJSON is. */
export function parsed(number: number, text: string): SourceLine {
  try {
    return { number, value: JSON.parse(text) as Values, form: 'ndjson' };
  } catch {
    return { number, value: undefined, form: 'ndjson', fault: 'The line is not JSON.', text };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the cell of a value of NDJSON: JSON, or the text itself if it cannot be taken for JSON. Empty: the line has no such member. */
function toCell(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' && value !== '' && fromCell(value) === value ? value : JSON.stringify(value);
}

/** Returns the value of a cell. Digits that no number has, such as those of a long license key, are text. */
function fromCell(cell: string): unknown {
  try {
    const value: unknown = JSON.parse(cell);
    return typeof value === 'number' && String(value) !== cell ? cell : value;
  } catch {
    return cell;
  }
}

/** Characters by which spreadsheets take a cell for a formula. */
const FORMULA = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** Returns a cell that no spreadsheet takes for a formula: a quote before it, which `armed` removes. */
function disarmed(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

function armed(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/** Creates a file that its owner alone may read, in place of one that there is. */
async function create(file: string): Promise<FileHandle> {
  await rm(file, { force: true });
  return open(file, 'wx', 0o600);
}
