type Cell = string | number | null | undefined;

/** Returns rows as CSV for programs, which read each value as it is. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map((value) => quoted(String(value ?? ''))).join(',')}\r\n`).join('');
}

/** Returns rows as CSV for people: a text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function toSpreadsheet(rows: readonly (readonly Cell[])[]): string {
  return toCsv(rows.map((row) => row.map(withoutFormula)));
}

function withoutFormula(value: Cell): Cell {
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

function quoted(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
