/** Of texts that are JSON themselves. */
export function joinJson(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
