import { InvalidFieldError } from '../shared/errors.js';
import type { EmailTexts } from './built-in-templates.js';
import { EMAIL_KINDS, type EmailTemplateName } from './email-kinds.js';
import {
  renderHeader,
  renderHtml,
  renderText,
  TemplateTextError,
  variablesIn,
  type TemplateView,
} from './template-text.js';

/** Returns the names of variables in the texts. Throws TemplateTextError. */
export function variablesOfTexts(template: EmailTemplateName, { subject, text, html }: EmailTexts): Set<string> {
  const { variables } = EMAIL_KINDS[template];
  return new Set([subject, text, html].flatMap((source) => [...variablesIn(source, variables)]));
}

/** Throws InvalidFieldError for a text that is no template, or names a variable that the template does not have. */
export function assertTexts(template: EmailTemplateName, texts: EmailTexts): void {
  for (const field of ['subject', 'text', 'html'] as const) {
    try {
      variablesIn(texts[field], EMAIL_KINDS[template].variables);
    } catch (error) {
      if (error instanceof TemplateTextError) throw new InvalidFieldError(`/${field}`, error.message);
      throw error;
    }
  }
}

export function renderTexts({ subject, text, html }: EmailTexts, view: TemplateView): EmailTexts {
  return { subject: renderHeader(subject, view), text: renderText(text, view), html: renderHtml(html, view) };
}
