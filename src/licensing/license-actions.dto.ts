import { z } from 'zod';
import { FreeFormInput, ResourceId, text, Timestamp } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';

const MAX_MONTHS = 1_200;
const MAX_DAYS = 36_500;

export const REASON_CODES = [
  'CUSTOMER_REQUEST',
  'PAYMENT_RECEIVED',
  'PAYMENT_OVERDUE',
  'REFUNDED',
  'CONTRACT_CHANGED',
  'TERMS_VIOLATED',
  'FRAUD',
  'CORRECTION',
  'OTHER',
] as const;

/** Why something is done to a license. It stands in the event. */
export const Reason = z
  .strictObject({
    code: z.enum(REASON_CODES),
    text: text(500).optional().meta({ description: 'For people. Erased with the customer.' }),
  })
  .meta({ id: 'Reason', examples: [{ code: 'CUSTOMER_REQUEST', text: 'Ticket 4711' }] });
export type Reason = z.infer<typeof Reason>;

const reason = Reason.optional();

export const RenewLicenseRequest = z
  .strictObject({
    months: integer(1, MAX_MONTHS).optional().meta({
      description:
        'Calendar months in UTC; where a month has no such day, to its last. The next renewal returns to the day: 31 January, 28 February, 31 March.',
    }),
    days: integer(1, MAX_DAYS).optional(),
    reason,
  })
  .refine(({ months, days }) => months === undefined || days === undefined, 'must not contain both months and days')
  .meta({
    id: 'RenewLicenseRequest',
    description:
      "From the expiry, or from now where that has passed. Without months and days for the license's own term.",
    examples: [{ months: 12, reason: { code: 'PAYMENT_RECEIVED' } }],
  });
export type RenewLicenseRequest = z.infer<typeof RenewLicenseRequest>;

/** What needs no words but may have some. */
export const LicenseActionRequest = z
  .strictObject({ reason })
  .meta({ id: 'LicenseActionRequest', examples: [{ reason: { code: 'PAYMENT_RECEIVED' } }] });
export type LicenseActionRequest = z.infer<typeof LicenseActionRequest>;

export const ConvertTrialRequest = z
  .strictObject({
    license_template_id: ResourceId.optional().meta({
      description:
        'An active template of the same product, of no trial type, whose terms the license takes; needs licenses:change-template too. Required where the license is of type TRIAL or EVALUATION.',
    }),
    reason,
  })
  .meta({ id: 'ConvertTrialRequest', examples: [{ reason: { code: 'PAYMENT_RECEIVED' } }] });
export type ConvertTrialRequest = z.infer<typeof ConvertTrialRequest>;

/** What takes something away from a customer says why. */
export const LicenseRefusalRequest = z
  .strictObject({ reason: Reason })
  .meta({ id: 'LicenseRefusalRequest', examples: [{ reason: { code: 'PAYMENT_OVERDUE', text: 'Invoice 2026-117' } }] });
export type LicenseRefusalRequest = z.infer<typeof LicenseRefusalRequest>;

export const TransferLicenseRequest = z
  .strictObject({
    customer_id: ResourceId.meta({ description: 'String or integer. The customer may be mastered in another system.' }),
    issued_to: text(255).optional().meta({ description: "Default: the customer's name, company or e-mail." }),
    reason,
  })
  .meta({
    id: 'TransferLicenseRequest',
    examples: [{ customer_id: 'customer-002', reason: { code: 'CONTRACT_CHANGED' } }],
  });
export type TransferLicenseRequest = z.infer<typeof TransferLicenseRequest>;

export const ChangeLicenseTemplateRequest = z.strictObject({ license_template_id: ResourceId, reason }).meta({
  id: 'ChangeLicenseTemplateRequest',
  description:
    'An active template of the same product, of no trial type. The license takes its terms as they are now, and keeps its expiry. What PATCH had set is replaced, and told in `replaced`.',
  examples: [{ license_template_id: 'team-yearly', reason: { code: 'CONTRACT_CHANGED' } }],
});
export type ChangeLicenseTemplateRequest = z.infer<typeof ChangeLicenseTemplateRequest>;

export const UpdateLicenseRequest = z
  .strictObject({
    issued_to: text(255),
    max_activations: integer(1, 1_000_000).nullable().meta({ description: 'null: unlimited.' }),
    grace_period_days: integer(0, MAX_DAYS),
    auto_renewal_enabled: z.boolean(),
    expiry_date: Timestamp.meta({
      description:
        'Corrects it, to a time to come; months are counted from its day then. What has expired is renewed instead.',
    }),
    metadata: FreeFormInput,
    reason: Reason,
  })
  .partial()
  .meta({ id: 'UpdateLicenseRequest', examples: [{ max_activations: 10, reason: { code: 'CONTRACT_CHANGED' } }] });
export type UpdateLicenseRequest = z.infer<typeof UpdateLicenseRequest>;
