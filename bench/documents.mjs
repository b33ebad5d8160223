// Puts results where they are read: JSON and chart under bench/results/, tables into docs/performance.md between the markers of
// their part, so that every number there was printed by a command.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMarkdown } from '../scripts/format-markdown.mjs';

const RESULTS = 'bench/results';
const PAGE = 'docs/performance.md';

export async function writeResult(name, text) {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, name), text);
}

export function writeJson(name, value) {
  return writeResult(name, `${JSON.stringify(value, null, 2)}\n`);
}

/** `part` is the word in the markers. */
export async function showOnPage(part, markdown) {
  const page = await readFile(PAGE, 'utf8');
  const between = new RegExp(`(<!-- ${part} -->).*(<!-- /${part} -->)`, 's');
  if (!between.test(page)) throw new Error(`${PAGE} has no place for "${part}".`);
  const filled = page.replace(between, (_, begin, end) => `${begin}\n\n${markdown}\n\n${end}`);
  await writeFile(PAGE, await formatMarkdown(PAGE, filled));
}
