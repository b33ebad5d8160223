import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { EmailTexts } from './built-in-templates.js';
import { EMAIL_KINDS, type EmailTemplateName as Name } from './email-kinds.js';
import { EmailTemplateName } from './email-message.requests.js';
import type { EmailTemplate } from './email-template.entity.js';

export const EmailTemplateResponse = z
  .object({
    template: EmailTemplateName,
    language: z.string(),
    tenant_id: z.string(),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'EmailTemplate', description: 'Texts of the tenant for a template in one language.' });
export type EmailTemplateResponse = z.infer<typeof EmailTemplateResponse>;

export const EmailTemplatePage = pageOf(EmailTemplateResponse).meta({ id: 'EmailTemplatePage' });
export type EmailTemplatePage = z.infer<typeof EmailTemplatePage>;

const EmailTemplateVariable = z
  .object({
    name: z.string(),
    description: z.string(),
    given: z.boolean().meta({ description: 'The sender of a message can give its value.' }),
    secret: z.boolean().meta({ description: 'Known only while a message is sent; masked in previews.' }),
  })
  .meta({ id: 'EmailTemplateVariable' });

/** Texts that apply to a language, which may be those of another one. */
export const EffectiveEmailTemplate = z
  .object({
    template: EmailTemplateName,
    description: z.string(),
    language: z
      .string()
      .meta({ description: 'Language of the texts: that of the path, else its base language, else en.' }),
    built_in: z.boolean().meta({ description: 'The tenant has no texts of its own.' }),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    variables: z.array(EmailTemplateVariable).meta({ description: 'Variables that the texts can name.' }),
    version: z.int().nullable().meta({ description: 'Version of the texts of the tenant. Null: built in.' }),
  })
  .meta({ id: 'EffectiveEmailTemplate', description: 'The texts that apply.' });
export type EffectiveEmailTemplate = z.infer<typeof EffectiveEmailTemplate>;

export const EmailPreview = z
  .object({ subject: z.string(), text: z.string(), html: z.string() })
  .meta({ id: 'EmailPreview', description: 'The rendered texts. Secret values are masked.' });
export type EmailPreview = z.infer<typeof EmailPreview>;

export function toEmailTemplateResponse(template: EmailTemplate): EmailTemplateResponse {
  return {
    template: template.template,
    language: template.language,
    tenant_id: template.tenantId,
    subject: template.subject,
    text: template.text,
    html: template.html,
    version: template.version,
    created_at: template.createdAt.toISOString(),
    updated_at: template.updatedAt.toISOString(),
  };
}

export function toEffectiveTemplate(
  template: Name,
  language: string,
  { subject, text, html }: EmailTexts,
  version: number | null,
): EffectiveEmailTemplate {
  const { description, variables } = EMAIL_KINDS[template];
  return {
    template,
    description,
    language,
    built_in: version === null,
    subject,
    text,
    html,
    variables: Object.entries(variables).map(([name, { description: meaning, given = false, secret = false }]) => ({
      name,
      description: meaning,
      given,
      secret,
    })),
    version,
  };
}
