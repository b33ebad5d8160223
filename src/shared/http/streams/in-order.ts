/**
 * Works on at most `window` items at once and gives what they come to in the order of the items, each as soon as those before it
 * are done, whether or not another item has arrived. `work` must not fail. When nobody wants more, no further item is begun.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  window: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  const are = { ended: false, wanted: true };
  const isWanted = () => are.wanted;
  // Who reads waits for room, and who gives for something to give: never both.
  let wake: () => void = () => undefined;
  const change = () => new Promise<void>((changed) => (wake = changed));
  const reading = (async () => {
    for await (const item of items) {
      if (!isWanted()) return;
      underWay.push(work(item));
      wake();
      while (underWay.length >= window && isWanted()) await change();
    }
  })().finally(() => {
    are.ended = true;
    wake();
  });
  reading.catch(() => undefined);
  try {
    for (;;) {
      const [first] = underWay;
      if (first) {
        const result = await first;
        void underWay.shift();
        wake();
        yield result;
      } else if (are.ended) return await reading;
      else await change();
    }
  } finally {
    are.wanted = false;
    wake();
  }
}

export async function* mapAsync<T, U>(items: AsyncIterable<T>, toOther: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield toOther(item);
}
