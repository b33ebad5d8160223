import type { IncomingMessage } from 'node:http';
import accepts from 'accepts';
import { stringify } from 'csv-stringify/sync';
import { jsonOf, JsonText } from '../json-text.js';
import { NDJSON } from './ndjson.js';

export const CSV = 'text/csv';

/** Row as an object, or as JSON already. */
export type Row = Readonly<Record<string, unknown>> | JsonText<Readonly<Record<string, unknown>>>;

/** Format of an export. */
export interface ExportFormat {
  readonly contentType: string;
  readonly fileExtension: string;
  /** Writes pages as text; `columns` are the fields of a row in their order. */
  write(pages: AsyncIterable<readonly Row[]>, columns: readonly string[]): AsyncGenerator<string>;
}

const ndjson: ExportFormat = {
  contentType: NDJSON,
  fileExtension: 'ndjson',
  async *write(pages) {
    for await (const rows of pages) yield rows.map((row) => `${jsonOf(row)}\n`).join('');
  },
};

const csv: ExportFormat = {
  contentType: `${CSV}; charset=utf-8; header=present`,
  fileExtension: 'csv',
  async *write(pages, columns) {
    let header = true;
    for await (const rows of pages) {
      yield toCsv(rows, columns, header);
      header = false;
    }
  },
};

/** Export formats by media type. JSON, a page, comes first, because the first type wins if the caller has no preference. */
const EXPORT_FORMATS: Readonly<Record<string, ExportFormat | undefined>> = {
  'application/json': undefined,
  [NDJSON]: ndjson,
  [`${NDJSON};charset=utf-8`]: ndjson,
  [CSV]: csv,
  [`${CSV};charset=utf-8`]: csv,
};

/** Returns the format that the query names as `format`; undefined if it names none, or the list has no such parameter. */
export function requestedFormat(query: unknown): ExportFormat | undefined {
  const { format } = (query ?? {}) as { format?: unknown };
  if (format === 'csv') return csv;
  return format === 'ndjson' ? ndjson : undefined;
}

/** Returns the format that the Accept header prefers; undefined means a page, also if no accepted type is available. */
export function preferredFormat(request: IncomingMessage): ExportFormat | undefined {
  const type = accepts(request).type(Object.keys(EXPORT_FORMATS));
  return typeof type === 'string' ? EXPORT_FORMATS[type] : undefined;
}

/**
 * Writes CSV of RFC 4180 without a byte order mark. Text is quoted, so that an empty text differs from null; nested values are JSON.
 * Text that a spreadsheet would evaluate as a formula gets a leading apostrophe.
 */
export function toCsv(rows: readonly Row[], columns: readonly string[], header: boolean): string {
  const objects = rows.map((row) => (row instanceof JsonText ? row.toJSON() : row));
  return stringify(objects, {
    columns,
    header,
    record_delimiter: 'windows',
    quoted_string: true,
    escape_formulas: true,
    cast: { boolean: String, string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
  });
}
