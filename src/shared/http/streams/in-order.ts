/**
 * Processes up to `window` items concurrently and yields results in item order, each as soon as the earlier ones are done. Starts no
 * further item when the consumer stops, and then returns the source, as it does when `work` rejects.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  window: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const inFlight: Promise<Result>[] = [];
  const state = { ended: false, wanted: true };
  const isWanted = () => state.wanted;
  // The reader waits for a free place and the consumer for a result, never both at once, so one `wake` is enough.
  let wake: () => void = () => undefined;
  const nextChange = () => new Promise<void>((resolve) => (wake = resolve));
  const source = items[Symbol.asyncIterator]();
  const reading = (async () => {
    while (isWanted()) {
      const item = await source.next();
      if (item.done === true || !isWanted()) return;
      inFlight.push(work(item.value));
      wake();
      while (inFlight.length >= window && isWanted()) await nextChange();
    }
  })().finally(() => {
    state.ended = true;
    wake();
  });
  reading.catch(() => undefined);
  try {
    for (;;) {
      const [first] = inFlight;
      if (first) {
        const result = await first;
        void inFlight.shift();
        wake();
        yield result;
      } else if (state.ended) return await reading;
      else await nextChange();
    }
  } finally {
    state.wanted = false;
    wake();
    // Nobody waits for it: the source may be waiting for an item that never comes.
    if (!state.ended) source.return?.().catch(() => undefined);
    for (const unread of inFlight) unread.catch(() => undefined);
  }
}

export async function* mapAsync<T, U>(items: AsyncIterable<T>, toOther: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield toOther(item);
}
