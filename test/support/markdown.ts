import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const FOLDERS = ['.', 'docs', 'docs/decisions', 'bench', 'packages/client', 'workers/temporal', 'examples/prefect'];

/** The Markdown files of the repository. */
export const DOCUMENTS = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => normalize(join(folder, name))),
);

export interface Block {
  readonly language: string;
  readonly content: string;
  /** Text of a comment `<!-- not run: … -->` before the block. */
  readonly notRun: string | undefined;
}

const FENCED = /(?:<!-- not run: (.*?) -->\s+)?^( *)```(\w*)\n([^]*?)^ *```$/gm;

/** The code blocks of a document, without the indentation of a list. */
export function blocksOf(path: string, language: string): Block[] {
  return [...readFileSync(path, 'utf8').matchAll(FENCED)]
    .map(([, notRun, indent = '', name = '', content = '']) => ({
      language: name,
      content: content.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      notRun,
    }))
    .filter((block) => block.language === language);
}

/** Relative links of a document that lead nowhere: to a file that is not there, or to a heading that the file does not have. */
export function brokenLinksOf(path: string): string[] {
  const links = [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target));
}

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(path)) return false;
  return anchor === undefined || anchorsOf(path).includes(anchor);
}

/** Anchors of the headings, as GitHub writes them. */
function anchorsOf(path: string): string[] {
  const anchors: string[] = [];
  for (const [, heading = ''] of textOf(path).matchAll(/^#+ +(.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const anchor = plain
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = anchors.filter((other) => other.replace(/-\d+$/, '') === anchor).length;
    anchors.push(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}

/** A document without its code blocks. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(FENCED, '');
}
