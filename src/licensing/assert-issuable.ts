import { TemplateNotFoundError, type IssuableTemplate } from '../templates/index.js';
import { ProductInactiveError, TemplateInactiveError } from './license.errors.js';

/** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
export function assertIssuable(templateId: string, issuable: IssuableTemplate | undefined) {
  if (!issuable) throw new TemplateNotFoundError(templateId);
  if (!issuable.template.active) throw new TemplateInactiveError(templateId);
  if (!issuable.productActive) throw new ProductInactiveError(issuable.template.productId);
  return issuable.template;
}
