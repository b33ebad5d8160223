import { createElement, useMemo, type ReactNode } from 'react';

/** Elements that are shown. The children of others are shown in their place. */
const SHOWN = new Set(
  'a b blockquote br caption center code div em h1 h2 h3 h4 hr i li ol p pre s small span strong sub sup table tbody td tfoot th thead tr u ul'.split(
    ' ',
  ),
);
const VOID = new Set(['br', 'hr']);
/** Elements whose text is no content. */
const DROPPED = new Set(['script', 'style', 'template', 'head', 'title', 'svg', 'math', 'iframe', 'object']);

/**
 * Shows HTML that comes from elsewhere: its structure, without scripts, styles, links and images, so that nothing in it acts or is loaded.
 */
export function HtmlPreview({ html }: { html: string }) {
  const content = useMemo(() => {
    // The policy of the page would report styles even in a document that is never shown.
    const plain = html.replaceAll(/<style[\s\S]*?<\/style>/gi, '').replaceAll(/<[^>]*>/g, withoutAttributes);
    return childrenOf(new DOMParser().parseFromString(plain, 'text/html').body);
  }, [html]);
  return <div className="email-preview text-sm wrap-anywhere">{content}</div>;
}

function withoutAttributes(tag: string): string {
  const [, start = '', name = ''] = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)/.exec(tag) ?? [];
  return name === '' ? '' : `<${start}${name}>`;
}

function childrenOf(node: Node): ReactNode[] {
  return [...node.childNodes].map((child, index) => shown(child, index));
}

function shown(node: Node, key: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const name = node.tagName.toLowerCase();
  if (DROPPED.has(name)) return null;
  if (!SHOWN.has(name)) return childrenOf(node);
  // A link leads nowhere in a preview.
  const tag = name === 'a' ? 'span' : name;
  const className = name === 'a' ? 'text-accent-ink underline' : undefined;
  return VOID.has(name) ? createElement(tag, { key }) : createElement(tag, { key, className }, ...childrenOf(node));
}
