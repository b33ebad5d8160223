import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { IssueLicenseRequest } from '../licensing/index.js';
import { CreateTemplateRequest } from '../templates/index.js';
import { ExplainRequest } from './explain.requests.js';

const validate = ExplainRequest.omit({ as_of: true, nonce: true })
  .meta({ id: 'FactsToValidate', description: 'Facts that the program would send, and where it would run.' })
  .optional();

export const PreviewLicenseRequest = IssueLicenseRequest.extend({ validate }).meta({
  id: 'PreviewLicenseRequest',
  examples: [
    {
      license_template_id: EXAMPLES.templateId,
      customer_id: EXAMPLES.customerId,
      overrides: { max_activations: 10 },
      validate: { fingerprint: EXAMPLES.fingerprint, country: 'US' },
    },
  ],
});
export type PreviewLicenseRequest = z.infer<typeof PreviewLicenseRequest>;

export const PreviewTemplateRequest = z
  .strictObject({
    template: CreateTemplateRequest,
    license: IssueLicenseRequest.omit({ license_template_id: true, pool_id: true, reason: true })
      .partial({ customer_id: true })
      .optional()
      .meta({ description: 'Issue request. Without a customer, one that is not stored.' }),
    validate,
  })
  .meta({
    id: 'PreviewTemplateRequest',
    examples: [
      {
        template: {
          template_name: 'Monthly',
          product_id: EXAMPLES.productId,
          license_type: 'SUBSCRIPTION',
          license_model: 'PER_SEAT',
          default_term: { months: 1 },
        },
        license: { trial: false },
      },
    ],
  });
export type PreviewTemplateRequest = z.infer<typeof PreviewTemplateRequest>;
