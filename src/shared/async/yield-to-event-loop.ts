let last: Promise<void> = Promise.resolve();

/**
 * Work of some milliseconds begins in a turn of the event loop that is its own. Where many such would share a turn, nobody else is
 * served as long as they all take, and a server accepts one new connection a turn.
 */
export function yieldToEventLoop(): Promise<void> {
  last = last.then(() => new Promise((begin) => setImmediate(begin)));
  return last;
}
