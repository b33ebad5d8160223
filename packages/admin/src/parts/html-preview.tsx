import { useEffect, useRef } from 'react';

/** Elements that are shown. The children of others are shown in their place. */
const SHOWN = new Set(
  'a b blockquote br caption center code div em font h1 h2 h3 h4 h5 h6 hr i li ol p pre s small span strong sub sup table tbody td tfoot th thead tr u ul'.split(
    ' ',
  ),
);
/** Elements whose text is no content. */
const DROPPED = new Set(['script', 'style', 'template', 'head', 'title', 'svg', 'math', 'iframe', 'object']);
/** Attributes that only lay out. A style is kept by another name, because the policy of the page forbids its own. */
const KEPT = new Set(
  'align alt bgcolor border cellpadding cellspacing class color colspan dir height id lang rowspan size valign width'.split(
    ' ',
  ),
);
const STYLE = 'data-style';
/** Values that would load something. */
const LOADS = /url\(|image\(|image-set\(|src\(/i;

const USUAL = `
  :host { all: initial; display: block; contain: content; color-scheme: light; border-radius: 0.5rem; background: #fff;
    color: #171b24; font: 0.875rem/1.5 ui-sans-serif, system-ui, sans-serif; overflow-wrap: anywhere; }
  :host > div { padding: 1rem; }
  a { color: #2744b8; text-decoration: underline; }
`;

/**
 * Shows HTML that comes from elsewhere with its styles, as a mail program does. It stands in a tree of its own, so that its styles end there, and has
 * no scripts, addresses and images, so that nothing in it acts or is loaded.
 */
export function HtmlPreview({ html }: { html: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const styles = [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, text = '']) => text);
    root.adoptedStyleSheets = [USUAL, ...styles].map(toSheet);
    root.replaceChildren(toContent(html));
  }, [html]);
  // The outer element keeps everything within its borders, also what a style would put over the page.
  return (
    <div className="contain-content">
      <div ref={host} />
    </div>
  );
}

function toSheet(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text.replaceAll(/@import[^;]*;?/gi, ''));
  if (text !== USUAL) tidy(sheet);
  return sheet;
}

/** Leaves the rules that lay out. The body of the document is the host of the tree. */
function tidy(rules: CSSStyleSheet | CSSGroupingRule): void {
  for (let index = rules.cssRules.length - 1; index >= 0; index--) {
    const rule = rules.cssRules[index];
    if (rule instanceof CSSStyleRule) {
      rule.selectorText = rule.selectorText.replaceAll(/(^|[\s,>+~])(?:html|body)(?![\w-])/gi, '$1:host');
      withoutLoads(rule.style);
    } else if (rule instanceof CSSMediaRule) tidy(rule);
    else rules.deleteRule(index);
  }
}

function withoutLoads(style: CSSStyleDeclaration): void {
  for (const name of [...style]) if (LOADS.test(style.getPropertyValue(name))) style.removeProperty(name);
}

function toContent(html: string): HTMLElement {
  // The policy of the page would report styles even in a document that is never shown.
  const plain = html.replaceAll(/<style[\s\S]*?<\/style>/gi, '').replaceAll(/<[^>]*>/g, withKeptAttributes);
  const { body } = new DOMParser().parseFromString(plain, 'text/html');
  const content = document.createElement('div');
  setStyle(content, body);
  content.append(...childrenOf(body));
  return content;
}

function withKeptAttributes(tag: string): string {
  const [start = '', , name = ''] = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)/.exec(tag) ?? [];
  if (name === '') return '';
  const attributes = [...tag.slice(start.length).matchAll(/([a-zA-Z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)/g)];
  const kept = attributes.flatMap(([, attribute = '', value = '']) => {
    const lower = attribute.toLowerCase();
    if (lower === 'style') return [`${STYLE}=${value}`];
    return KEPT.has(lower) ? [`${lower}=${value}`] : [];
  });
  return `${[start, ...kept].join(' ')}>`;
}

function childrenOf(node: Node): Node[] {
  return [...node.childNodes].flatMap(shown);
}

function shown(node: Node): Node[] {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.textContent ?? '')];
  if (!(node instanceof Element)) return [];
  const name = node.tagName.toLowerCase();
  if (DROPPED.has(name)) return [];
  if (name === 'img') return [document.createTextNode(node.getAttribute('alt') ?? '')];
  if (!SHOWN.has(name)) return childrenOf(node);
  // A link without an address leads nowhere.
  const element = document.createElement(name);
  for (const { name: attribute, value } of node.attributes)
    if (KEPT.has(attribute)) element.setAttribute(attribute, value);
  setStyle(element, node);
  element.append(...childrenOf(node));
  return [element];
}

function setStyle(element: HTMLElement, from: Element): void {
  const style = from.getAttribute(STYLE);
  if (style === null) return;
  element.style.cssText = style;
  withoutLoads(element.style);
}
