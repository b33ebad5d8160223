/**
 * Yields items in groups of at most `size`, as they arrive: a group ends early if no item comes within `waitMs`, so that a sender who waits
 * for an answer gets one. With `weight`, a group also ends once its items weigh `most`. Returns the source when the consumer stops.
 */
export async function* chunksOf<Item>(
  items: AsyncIterable<Item>,
  size: number,
  waitMs: number,
  weight: { readonly of: (item: Item) => number; readonly most: number } = { of: () => 0, most: 1 },
): AsyncGenerator<readonly Item[]> {
  const source = items[Symbol.asyncIterator]();
  let next = source.next();
  next.catch(() => undefined);
  try {
    for (;;) {
      const first = await next;
      if (first.done === true) return;
      const chunk = [first.value];
      let weighs = weight.of(first.value);
      next = source.next();
      next.catch(() => undefined);
      while (chunk.length < size && weighs < weight.most) {
        const item = await withinTime(next, waitMs);
        if (item === undefined || item.done === true) break;
        chunk.push(item.value);
        weighs += weight.of(item.value);
        next = source.next();
        next.catch(() => undefined);
      }
      yield chunk;
    }
  } finally {
    // Nobody waits for it: the source may be waiting for an item that never comes.
    source.return?.().catch(() => undefined);
  }
}

/** Returns undefined if the result does not come in time. */
async function withinTime<T>(result: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, ms);
  });
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
