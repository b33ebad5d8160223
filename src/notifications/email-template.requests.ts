import { z } from 'zod';
import { pageParameters } from '../shared/http/paging.js';
import { LanguageTag, text } from '../shared/http/schema.js';
import { EmailTemplateName, EmailVariables } from './email-message.requests.js';

const fields = {
  subject: text(200)
    .refine((line) => !/\p{Cc}/u.test(line), 'must not contain line breaks and control characters')
    .meta({ description: 'Subject, a Mustache template on one line.' }),
  text: text(20_000).meta({ description: 'Plain text, a Mustache template.' }),
  html: text(100_000).meta({ description: 'HTML, a Mustache template. Values of variables are escaped.' }),
};

export const PutEmailTemplateRequest = z.strictObject(fields).meta({
  id: 'PutEmailTemplateRequest',
  examples: [
    {
      subject: 'Ihre Lizenz für {{product_name}} endet am {{expiry_date}}',
      text: 'Guten Tag {{customer_name}},\n\nIhre Lizenz für {{product_name}} endet am {{expiry_date}}.',
      html: '<p>Guten Tag {{customer_name}},</p>\n<p>Ihre Lizenz für {{product_name}} endet am {{expiry_date}}.</p>',
    },
  ],
});
export type PutEmailTemplateRequest = z.infer<typeof PutEmailTemplateRequest>;

export const PreviewEmailTemplateRequest = z
  .strictObject({ ...z.strictObject(fields).partial().shape, variables: EmailVariables.default({}) })
  .meta({
    id: 'PreviewEmailTemplateRequest',
    description: 'Texts in place of the present ones, and values in place of the examples.',
    examples: [
      { subject: '{{customer_name}}, your license ends on {{expiry_date}}', variables: { customer_name: 'Jane' } },
    ],
  });
export type PreviewEmailTemplateRequest = z.infer<typeof PreviewEmailTemplateRequest>;

export const EmailTemplatePath = z.strictObject({ template: EmailTemplateName, language: LanguageTag });

export const ListEmailTemplatesRequest = z.strictObject({
  ...pageParameters,
  template: EmailTemplateName.optional(),
  language: LanguageTag.optional(),
});
export type ListEmailTemplatesRequest = z.infer<typeof ListEmailTemplatesRequest>;
