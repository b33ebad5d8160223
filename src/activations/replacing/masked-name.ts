const SHOWN_LETTERS = 2;
const SHOWN_WORDS = 4;

/**
 * Returns a name by which the owner of a device recognizes it, and which tells others little: the first letters of each word, never the
 * whole word. Its length says nothing about that of the name.
 */
export function maskedName(name: string | null): string | null {
  const words = name?.split(/[\s._-]+/).filter((word) => word !== '') ?? [];
  if (words.length === 0) return null;
  return words.slice(0, SHOWN_WORDS).map(maskedWord).join(' ');
}

function maskedWord(word: string): string {
  const letters = Array.from(word);
  return `${letters.slice(0, Math.min(SHOWN_LETTERS, letters.length - 1)).join('')}…`;
}
