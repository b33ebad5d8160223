const CACHE_SIZE = 64;
const slots = new Array<{ readonly at: number; readonly text: string } | undefined>(CACHE_SIZE);

/**
 * Returns `toISOString()`, cached, because formatting a time costs more than the rest of a row, and rows created together share few times.
 * Each time maps to one slot and replaces its previous entry.
 */
export function isoTime(time: Date): string {
  const at = time.getTime();
  const slot = Math.abs(at) % CACHE_SIZE;
  const cached = slots[slot];
  if (cached?.at === at) return cached.text;
  const text = time.toISOString();
  slots[slot] = { at, text };
  return text;
}
