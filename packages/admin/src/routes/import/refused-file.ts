import { armed, toSpreadsheet } from '../../parts/csv.js';
import { cellOf, type SourceFile, type SourceRow } from './source-file.js';

/** Columns of a file of refused lines before those of the lines: as `npm run import` writes them. */
const ADDED = ['import_line', 'import_code', 'import_detail', 'import_form', 'import_text'] as const;

interface Refused {
  readonly row: SourceRow;
  readonly code?: string;
  readonly detail?: string;
}

/** Whether columns are those of a file of refused lines. */
export function areRefused(columns: readonly string[]): boolean {
  return ADDED.every((name) => columns.includes(name));
}

/** Returns the columns that the lines themselves have. */
export function ownColumns(columns: readonly string[]): string[] {
  return columns.filter((name) => !ADDED.some((added) => added === name)).map(armed);
}

/** Returns refused lines with the reasons as CSV, which is corrected and imported here or by `npm run import`. */
export function refusedFile(refused: readonly Refused[], { kind, columns }: SourceFile): string {
  const isCsv = kind === 'csv';
  const names = isCsv ? columns : [...new Set(refused.flatMap(({ row }) => Object.keys(row.value ?? {})))];
  return toSpreadsheet([
    [...ADDED, ...names],
    ...refused.map(({ row: { number, value, text }, code, detail }) => [
      String(number),
      code,
      detail,
      kind,
      value ? '' : text,
      ...names.map((name) => (isCsv ? cellOf(value?.[name]) : toCell(value?.[name]))),
    ]),
  ]);
}

/** Returns the line that a row of a file of refused lines was. */
export function restoredRow(number: number, row: Readonly<Record<string, string>>): SourceRow {
  const isJson = row.import_form === 'ndjson';
  const cells = Object.entries(row).flatMap(([name, cell]) =>
    ADDED.some((added) => added === name) ? [] : [[armed(name), armed(cell)] as const],
  );
  const text = armed(row.import_text ?? '');
  if (text !== '' && cells.every(([, cell]) => cell === ''))
    return isJson ? lineOf(number, text) : { number, text, fault: 'TEXT' };
  // An empty cell of NDJSON is a member that the line does not have; null stands there as it is.
  const value: Record<string, unknown> = Object.fromEntries(
    isJson ? cells.flatMap(([name, cell]) => (cell === '' ? [] : [[name, fromCell(cell)]])) : cells,
  );
  return { number, value, isRestored: true, text: JSON.stringify(value) };
}

/** Returns the line that a text of NDJSON is. */
export function lineOf(number: number, text: string): SourceRow {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { number, text, value: value as Record<string, unknown> } : { number, text, fault: 'JSON' };
  } catch {
    return { number, text, fault: 'JSON' };
  }
}

/** Returns the cell of a value of NDJSON: JSON, or the text itself if it cannot be taken for JSON. */
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
