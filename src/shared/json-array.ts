/** Of texts that are JSON themselves. */
export function jsonArray(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
