import { MalformedJsonError } from '../json-body.js';
import { LineTooLongError, MAX_LINE_BYTES, type InvalidLine, type Line } from './lines.js';

/** Row of a CSV file by the names in its first line. Its number is that of its first line. */
export interface CsvRow {
  readonly number: number;
  readonly value: Readonly<Record<string, string>>;
}

/**
 * Reads CSV (RFC 4180) whose first line names the columns, with commas, semicolons or tabs between the values. A quoted value may contain line breaks.
 * Rows with another number of values are invalid; so is a file without columns.
 */
export async function* csvRows(lines: AsyncIterable<Line | InvalidLine>): AsyncGenerator<CsvRow | InvalidLine> {
  let columns: readonly string[] | undefined;
  let separator = ',';
  let open: { readonly number: number; text: string } | undefined;
  for await (const line of lines) {
    if ('error' in line) {
      open = undefined;
      yield line;
      continue;
    }
    const record = open ? { number: open.number, text: `${open.text}\n${line.text}` } : { ...line };
    if (isOpen(record.text) && record.text.length <= MAX_LINE_BYTES) {
      open = record;
      continue;
    }
    open = undefined;
    if (isOpen(record.text)) {
      yield { number: record.number, error: new LineTooLongError() };
      continue;
    }
    if (!columns) {
      const header = record.text.replace(/^\ufeff/, '');
      separator = [',', ';', '\t'].find((each) => header.includes(each)) ?? ',';
      columns = valuesOf(header, separator).map((name) => name.trim());
      continue;
    }
    const values = valuesOf(record.text, separator);
    if (values.length === columns.length) {
      yield { number: record.number, value: Object.fromEntries(columns.map((name, at) => [name, values[at] ?? ''])) };
    } else {
      const fault = `the row has ${values.length} values, and the first line ${columns.length} names`;
      yield { number: record.number, error: new MalformedJsonError(fault) };
    }
  }
  if (open) yield { number: open.number, error: new MalformedJsonError('a quoted value does not end') };
}

/** Returns true within a quoted value: the number of quotes so far is odd. */
function isOpen(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}

function valuesOf(row: string, separator: string): string[] {
  const values: string[] = [];
  const text = row.replace(/\r$/, '');
  for (let at = 0; at <= text.length;) {
    if (text[at] === '"') {
      let value = '';
      let end = text.indexOf('"', at + 1);
      while (text[end + 1] === '"') {
        value += text.slice(at + 1, end + 1);
        at = end + 1;
        end = text.indexOf('"', at + 1);
      }
      values.push(value + text.slice(at + 1, end));
      const next = text.indexOf(separator, end);
      at = next < 0 ? text.length + 1 : next + 1;
    } else {
      const next = text.indexOf(separator, at);
      const end = next < 0 ? text.length : next;
      values.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return values;
}
