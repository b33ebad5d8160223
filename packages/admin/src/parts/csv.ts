type Cell = string | number | null | undefined;

/** Returns rows as CSV for programs, which read each value as it is. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map((value) => quoted(String(value ?? ''))).join(',')}\r\n`).join('');
}

/** Returns rows as CSV for people: a text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function toSpreadsheet(rows: readonly (readonly Cell[])[]): string {
  return toCsv(rows.map((row) => row.map(disarmed)));
}

/** Characters by which spreadsheets take a cell for a formula, also after the apostrophes that it had before. */
const FORMULA = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

function disarmed(value: Cell): Cell {
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
}

/** Returns a text as it was before it got an apostrophe. */
export function armed(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

function quoted(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
