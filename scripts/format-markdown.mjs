import { readFileSync } from 'node:fs';
import { format } from 'oxfmt';

const { singleQuote, printWidth, trailingComma } = JSON.parse(readFileSync('.oxfmtrc.json', 'utf8'));

/** Returns the text as `npm run format` writes it. */
export async function formatMarkdown(path, text) {
  const { code, errors } = await format(path, text, { singleQuote, printWidth, trailingComma });
  if (errors.length > 0) throw new Error(`${path} is no Markdown: ${errors[0].message}`);
  return code;
}
