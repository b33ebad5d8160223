import { LRUCache } from 'lru-cache';

const texts = new LRUCache<number, string>({ max: 64 });

/**
 * The same as `toISOString`, remembered: writing a time costs more than writing all the rest of a row, and what is made together has
 * the same few.
 */
export function isoTime(time: Date): string {
  const at = time.getTime();
  const known = texts.get(at);
  if (known !== undefined) return known;
  const text = time.toISOString();
  texts.set(at, text);
  return text;
}
