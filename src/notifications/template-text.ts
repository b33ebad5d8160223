import Mustache from 'mustache';
import type { EmailVariable } from './email-kinds.js';

/** Values of variables. A list is an array of objects with text. */
export type TemplateView = Readonly<Record<string, string | boolean | readonly Readonly<Record<string, string>>[]>>;

/** The text cannot be used as a template; the message says why. */
export class TemplateTextError extends Error {}

type Token = [type: string, value: string, start: number, end: number, inner?: Token[] | string, ...rest: unknown[]];

/** Names the tags that are not allowed: each would put in text that is not escaped, or text from elsewhere. */
const REFUSED_TAGS: Readonly<Record<string, string>> = {
  '&': 'must not contain unescaped variables ({{{name}}} or {{&name}})',
  '>': 'must not contain partials ({{>name}})',
  '=': 'must not change the delimiters ({{=<% %>=}})',
};

/** Without a cache, which would keep the texts of all tenants for ever. */
const writer = Object.assign(new Mustache.Writer(), { templateCache: undefined });

/** Returns the names of variables in a template. Throws TemplateTextError if it is malformed or names something else. */
export function variablesIn(source: string, allowed: Readonly<Record<string, EmailVariable>>): Set<string> {
  const names = new Set<string>();
  const visit = (tokens: readonly Token[], fields: readonly string[]): void => {
    for (const [type, name, , , inner] of tokens) {
      if (type === 'text' || type === '!') continue;
      const refusal = REFUSED_TAGS[type];
      if (refusal !== undefined) throw new TemplateTextError(refusal);
      if (!fields.includes(name) && !Object.hasOwn(allowed, name))
        throw new TemplateTextError(`has an unknown variable: ${name}`);
      names.add(name);
      const list = allowed[name]?.fields;
      if (list && type === 'name')
        throw new TemplateTextError(`must repeat the list ${name}: {{#${name}}}…{{/${name}}}`);
      if (Array.isArray(inner)) visit(inner, type === '#' && list ? [...fields, ...list] : fields);
    }
  };
  visit(parse(source), []);
  return names;
}

/** Renders HTML: values are escaped. */
export function renderHtml(source: string, view: TemplateView): string {
  return writer.render(source, view);
}

/** Renders plain text: values stand as they are. */
export function renderText(source: string, view: TemplateView): string {
  return writer.render(source, view, undefined, { escape: (value: unknown) => String(value) });
}

/** Renders the value of a header: line breaks and control characters in values become spaces. */
export function renderHeader(source: string, view: TemplateView): string {
  return renderText(source, view)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

function parse(source: string): Token[] {
  try {
    return writer.parse(source) as Token[];
  } catch (error) {
    throw new TemplateTextError(`must be a Mustache template: ${(error as Error).message}`);
  }
}
