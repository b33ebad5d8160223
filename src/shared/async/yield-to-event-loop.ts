let last: Promise<void> = Promise.resolve();

/**
 * Gives each caller a turn of the event loop of its own, for work of some milliseconds. If several ran in one turn, all other requests
 * would wait for their sum, and a server accepts one new connection per turn.
 */
export function yieldToEventLoop(): Promise<void> {
  last = last.then(() => new Promise((begin) => setImmediate(begin)));
  return last;
}

/** Rows of a page that are read in less than half a millisecond. */
const FEW_ROWS = 10;

/** Gives a page its own turn before its rows are processed, unless they are few. */
export async function yieldForRows(rows: readonly unknown[]): Promise<void> {
  if (rows.length > FEW_ROWS) await yieldToEventLoop();
}
