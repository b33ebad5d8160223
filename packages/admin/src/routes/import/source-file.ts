import { areRefused, lineOf, ownColumns, restoredRow } from './refused-file.js';

/** A row of a CSV file or a line of an NDJSON file. */
export interface SourceRow {
  /** Number of its first line in the file. */
  readonly number: number;
  readonly value?: Readonly<Record<string, unknown>>;
  /** Why it cannot be read. */
  readonly fault?: 'JSON' | 'COLUMNS' | 'QUOTE' | 'TEXT';
  /** Whether it is from a file of refused lines, where people may have typed values. */
  readonly isRestored?: boolean;
  /** As it stands in the file. */
  readonly text: string;
}

export interface SourceFile {
  readonly name: string;
  readonly kind: 'csv' | 'ndjson';
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
}

/** Returns a value as the text of a cell. */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Reads a file. Throws TypeError if it is not UTF-8. */
export async function readSource(file: File): Promise<SourceFile> {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  return sourceOf(file.name, text);
}

export function sourceOf(name: string, text: string): SourceFile {
  if (/\.(?:nd)?jsonl?$/i.test(name) || /^\s*\{/.test(text))
    return { name, kind: 'ndjson', columns: [], rows: linesOf(text) };
  const [header, ...records] = recordsOf(text);
  const columns = (header?.values ?? []).map((column) => column.trim());
  const isOfRefused = areRefused(columns);
  const rows = records.map(({ number, values, isOpen, text: source }): SourceRow => {
    if (isOpen) return { number, text: source, fault: 'QUOTE' };
    if (values.length !== columns.length) return { number, text: source, fault: 'COLUMNS' };
    const value = Object.fromEntries(columns.map((column, at) => [column, values[at] ?? '']));
    return isOfRefused ? restoredRow(number, value) : { number, text: source, value };
  });
  if (!isOfRefused) return { name, kind: 'csv', columns, rows };
  const form = columns.indexOf('import_form');
  const isJson = records.some(({ values }) => values[form] === 'ndjson');
  return { name, rows, ...(isJson ? { kind: 'ndjson', columns: [] } : { kind: 'csv', columns: ownColumns(columns) }) };
}

function linesOf(text: string): SourceRow[] {
  return text.split('\n').flatMap((line, index): SourceRow[] => {
    return line.trim() === '' ? [] : [lineOf(index + 1, line)];
  });
}

interface CsvRecord {
  readonly number: number;
  readonly values: readonly string[];
  /** Whether a quoted value does not end. */
  readonly isOpen: boolean;
  readonly text: string;
}

/** Reads CSV (RFC 4180) with commas, semicolons or tabs. Empty lines between rows are left out. */
function recordsOf(content: string): CsvRecord[] {
  const text = content.replace(/^\uFEFF/, '');
  const [firstLine = ''] = text.split('\n', 1);
  const separator = [',', ';', '\t'].find((each) => firstLine.replaceAll(/"[^"]*"/g, '').includes(each)) ?? ',';
  // A value with its quotes or without, and what ends it.
  const cell = new RegExp(
    `(?:"([^"]*(?:""[^"]*)*)"|([^"${separator}\\n][^${separator}\\n]*|))(\\r?\\n|${separator}|$)`,
    'y',
  );
  const records: CsvRecord[] = [];
  let number = 1;
  for (let at = 0; at < text.length;) {
    const start = at;
    const values: string[] = [];
    let isOpen = false;
    for (let isEnded = false; !isEnded;) {
      cell.lastIndex = at;
      const found = cell.exec(text);
      if (!found) {
        // The row goes to the end of its line, so that the rows after it can be read.
        const end = text.indexOf('\n', at);
        isOpen = true;
        at = end < 0 ? text.length : end + 1;
        break;
      }
      const [whole, quoted, plain = '', end = ''] = found;
      values.push(quoted?.replaceAll('""', '"') ?? plain.replace(/\r$/, ''));
      at += whole.length;
      isEnded = end !== separator;
    }
    const source = text.slice(start, at).replace(/\r?\n$/, '');
    if (source.trim() !== '') records.push({ number, values, isOpen, text: source });
    number += text.slice(start, at).split('\n').length - 1;
  }
  return records;
}
