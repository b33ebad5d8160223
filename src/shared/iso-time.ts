const CACHE_SIZE = 64;
const places = new Array<{ readonly at: number; readonly text: string } | undefined>(CACHE_SIZE);

/**
 * The same as `toISOString`, remembered: writing a time costs more than writing all the rest of a row, and what is made together has
 * the same few. Each time has one place, which the last one to need it takes.
 */
export function isoTime(time: Date): string {
  const at = time.getTime();
  const place = Math.abs(at) % CACHE_SIZE;
  const known = places[place];
  if (known?.at === at) return known.text;
  const text = time.toISOString();
  places[place] = { at, text };
  return text;
}
