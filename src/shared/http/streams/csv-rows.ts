import { MalformedJsonError } from '../json-body.js';
import { LineTooLongError, MAX_LINE_BYTES, type InvalidLine, type Line } from './lines.js';

/** Row of a CSV file by the names in its first line. Its number is that of its first line. */
export interface CsvRow {
  readonly number: number;
  readonly value: Readonly<Record<string, string>>;
  /** The row as it stands in the file. */
  readonly source: string;
}

/** Line of a CSV file that cannot be read, as it stands in the file; undefined if it is no text. */
export interface InvalidRow extends InvalidLine {
  readonly source?: string;
}

/**
 * Reads CSV (RFC 4180) whose first line names the columns, with commas, semicolons or tabs between the values. The lines include empty ones.
 * A quoted value may contain line breaks; it begins and ends with its quote, and a value without quotes has none. A row that cannot be read is one invalid line for
 * each of its lines, and so are all lines of a file whose first line cannot be read.
 */
export async function* csvRows(lines: AsyncIterable<Line | InvalidLine>): AsyncGenerator<CsvRow | InvalidRow> {
  let header: Header | undefined;
  let row: OpenRow | undefined;
  for await (const line of lines) {
    if ('error' in line) {
      if (row) yield* row.refused(row.unended);
      header ??= { error: new MalformedJsonError('the first line is unreadable') };
      row = undefined;
      yield line;
      continue;
    }
    if (!row && line.text.trim() === '') continue;
    if (header && 'error' in header) {
      yield { number: line.number, source: line.text, error: header.error };
      continue;
    }
    row ??= new OpenRow(header?.separator ?? separatorOf(line.text));
    const fault = row.add(header ? line : { ...line, text: line.text.replace(/^\ufeff/, '') });
    if (!fault && row.isOpen) continue;
    if (!header) {
      header = headerOf(row, fault);
      if ('error' in header) yield* row.refused(header.error);
    } else if (fault) yield* row.refused(fault);
    else yield* rowOf(row, header.columns);
    row = undefined;
  }
  if (row) yield* row.refused(row.unended);
}

type Header = { readonly columns: readonly string[]; readonly separator: string } | { readonly error: Error };

function headerOf({ values, separator }: OpenRow, fault: Error | undefined): Header {
  if (fault) return { error: new MalformedJsonError('the first line is unreadable') };
  const columns = values.map((name) => name.trim());
  if (columns.includes('')) return { error: new MalformedJsonError('the first line has a column without a name') };
  if (new Set(columns).size < columns.length)
    return { error: new MalformedJsonError('the first line names a column twice') };
  return { columns, separator };
}

/** Returns the first separator that stands outside of quotes. */
function separatorOf(line: string): string {
  const names = line.replaceAll(/"[^"]*"/g, '');
  return [',', ';', '\t'].find((each) => names.includes(each)) ?? ',';
}

function* rowOf(row: OpenRow, columns: readonly string[]): Generator<CsvRow | InvalidRow> {
  const { values, number, source } = row;
  if (values.length === columns.length) {
    yield { number, value: Object.fromEntries(columns.map((name, at) => [name, values[at] ?? ''])), source };
  } else {
    const fault = `the row has ${values.length} values, and the first line ${columns.length} names`;
    yield* row.refused(new MalformedJsonError(fault));
  }
}

/** Row whose lines are arriving. */
class OpenRow {
  readonly values: string[] = [];
  private readonly lines: Line[] = [];
  private length = 0;
  /** Parts of the quoted value that has not ended. */
  private quoted: string[] | undefined;
  /** Number of the line in which the latest quoted value begins. */
  private quotedFrom = 0;

  constructor(readonly separator: string) {}

  get number(): number {
    return this.lines[0]?.number ?? 0;
  }

  get source(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  /** Whether the row goes on in the next line. */
  get isOpen(): boolean {
    return this.quoted !== undefined;
  }

  /** Fault of a row whose last value does not end. */
  get unended(): Error {
    return new MalformedJsonError(`the quoted value that begins in line ${this.quotedFrom} does not end`);
  }

  /** Reads the next line of the row. Returns the fault that makes the row invalid. */
  add(line: Line): Error | undefined {
    this.lines.push(line);
    this.length += line.text.length + 1;
    if (this.length > MAX_LINE_BYTES + 1) return new LineTooLongError();
    // Each step moves on or returns.
    for (let at: number | undefined = 0; at !== undefined;) {
      if (this.quoted === undefined && line.text[at] === '"') {
        this.quoted = [];
        this.quotedFrom = line.number;
        at++;
      }
      const next: number | undefined = this.quoted
        ? this.readQuoted(line.text, at, this.quoted)
        : this.readPlain(line.text, at);
      if (next === STRAY_QUOTE)
        return new MalformedJsonError(`line ${line.number} has a quote within a value that does not begin with one`);
      if (next === TEXT_BEHIND)
        return new MalformedJsonError(
          `line ${line.number} has text behind the quote that ends the value which begins in line ${this.quotedFrom}`,
        );
      at = next;
    }
    return undefined;
  }

  /** Yields one invalid line for each line of the row. */
  *refused(error: Error): Generator<InvalidRow> {
    for (const { number, text } of this.lines) yield { number, source: text, error };
  }

  /** Reads a value without quotes and returns the place of the next value; undefined at the end of the line. */
  private readPlain(text: string, at: number): number | undefined {
    const end = text.indexOf(this.separator, at);
    const value = end < 0 ? text.slice(at).replace(/\r$/, '') : text.slice(at, end);
    if (value.includes('"')) return STRAY_QUOTE;
    this.values.push(value);
    return end < 0 ? undefined : end + 1;
  }

  /** Reads a quoted value and returns the place of the next value; undefined at the end of the line. */
  private readQuoted(text: string, from: number, parts: string[]): number | undefined {
    for (let at = from; ;) {
      const quote = text.indexOf('"', at);
      if (quote < 0) {
        parts.push(text.slice(at), '\n');
        return undefined;
      }
      const isEscaped = text[quote + 1] === '"';
      parts.push(text.slice(at, isEscaped ? quote + 1 : quote));
      at = quote + (isEscaped ? 2 : 1);
      if (isEscaped) continue;
      this.values.push(parts.join(''));
      this.quoted = undefined;
      if (text[at] === this.separator) return at + 1;
      return at === text.length || text.slice(at) === '\r' ? undefined : TEXT_BEHIND;
    }
  }
}

/** Faults in place of a place in the line. */
const [TEXT_BEHIND, STRAY_QUOTE] = [-1, -2];
