import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { ResourceId, text, Timestamp } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { FreeFormInput } from '../shared/free-form.js';
import { ActionReason } from '../shared/http/action-reason.js';

const MAX_MONTHS = 1_200;
const MAX_DAYS = 36_500;

const reason = ActionReason.optional();
const resetOverrides = z.boolean().meta({
  description: 'Drop the overrides of the license. Otherwise they apply to the terms of the template as well.',
});
const poolId = z.uuid().meta({
  description:
    "License pool of the license's partner, for the template, from which the license is taken and to which it belongs from then on. Default: it stays in its pool; the key of a partner takes it from the only usable pool of another template.",
});

export const RenewLicenseRequest = z
  .strictObject({
    months: integer(1, MAX_MONTHS).optional().meta({
      description:
        'Calendar months (UTC). If the target month has no such day: its last day. The next renewal returns to the day: 31 January, 28 February, 31 March.',
    }),
    days: integer(1, MAX_DAYS).optional(),
    reason,
  })
  .refine(({ months, days }) => months === undefined || days === undefined, 'must not contain both months and days')
  .meta({
    id: 'RenewLicenseRequest',
    description:
      'Extends the expiry, or starts now if that has passed. Without months and days: by default_term or default_duration.',
    examples: [{ months: 12, reason: { code: 'PAYMENT_RECEIVED' } }],
  });
export type RenewLicenseRequest = z.infer<typeof RenewLicenseRequest>;

/** Request body of an action whose reason is optional. */
export const LicenseActionRequest = z
  .strictObject({ reason })
  .meta({ id: 'LicenseActionRequest', examples: [{ reason: { code: 'PAYMENT_RECEIVED' } }] });
export type LicenseActionRequest = z.infer<typeof LicenseActionRequest>;

export const ConvertTrialRequest = z
  .strictObject({
    license_template_id: ResourceId.optional().meta({
      description:
        'Active template of the same product whose terms the license takes, not of type TRIAL or EVALUATION. Also requires `licenses:change-template`. Required if the license is of type TRIAL or EVALUATION.',
    }),
    reset_overrides: resetOverrides.optional(),
    pool_id: poolId.optional(),
    reason,
  })
  .refine(({ reset_overrides: resets, license_template_id: template }) => !resets || template !== undefined, {
    message: 'is required with reset_overrides',
    path: ['license_template_id'],
  })
  .refine(({ pool_id: pool, license_template_id: template }) => pool === undefined || template !== undefined, {
    message: 'is required with pool_id',
    path: ['license_template_id'],
  })
  .meta({ id: 'ConvertTrialRequest', examples: [{ reason: { code: 'PAYMENT_RECEIVED' } }] });
export type ConvertTrialRequest = z.infer<typeof ConvertTrialRequest>;

/** Request body of an action that takes something from a customer, so its reason is required. */
export const ReasonedActionRequest = z
  .strictObject({ reason: ActionReason })
  .meta({ id: 'ReasonedActionRequest', examples: [{ reason: { code: 'PAYMENT_OVERDUE', text: 'Invoice 2026-117' } }] });
export type ReasonedActionRequest = z.infer<typeof ReasonedActionRequest>;

export const TransferLicenseRequest = z
  .strictObject({
    customer_id: ResourceId.meta({ description: 'String or integer. The customer may be kept in another system.' }),
    issued_to: text(255).optional().meta({ description: "Default: the customer's name, company or e-mail." }),
    rotate_key: z.boolean().optional().meta({
      description:
        'Replace the license key, too; the former one ends at once. Also requires `licenses:rotate-key`. Default: false.',
    }),
    deactivate_devices: z.boolean().optional().meta({
      description:
        'End all activations, too, but those that license files hold. Also requires `activations:write`. Default: false.',
    }),
    reason,
  })
  .meta({
    id: 'TransferLicenseRequest',
    examples: [{ customer_id: 'customer-002', reason: { code: 'CONTRACT_CHANGED' } }],
  });
export type TransferLicenseRequest = z.infer<typeof TransferLicenseRequest>;

/** Terms that a license gets with another template. */
export const NEW_TERMS = ['FROM_NOW', 'FROM_EXPIRY'] as const;
export type NewTerm = (typeof NEW_TERMS)[number];

export const ChangeLicenseTemplateRequest = z
  .strictObject({
    license_template_id: ResourceId,
    new_term: z.enum(NEW_TERMS).optional().meta({
      description:
        'One term of the template from now, or from the current expiry if that is later. Absent: the expiry is kept. Also requires `licenses:renew`. A license that has not started gets the term of the template in any case.',
    }),
    reset_overrides: resetOverrides.optional(),
    pool_id: poolId.optional(),
    reason,
  })
  .meta({
    id: 'ChangeLicenseTemplateRequest',
    description:
      'Active template of the same product, not of type TRIAL or EVALUATION. The license takes its current terms and keeps its overrides, and its expiry without `new_term`. Values set by PATCH are replaced and listed in `replaced`.',
    examples: [
      { license_template_id: EXAMPLES.templateId, reason: { code: 'CONTRACT_CHANGED' } },
      { license_template_id: EXAMPLES.templateId, new_term: 'FROM_EXPIRY', reason: { code: 'CONTRACT_CHANGED' } },
    ],
  });
export type ChangeLicenseTemplateRequest = z.infer<typeof ChangeLicenseTemplateRequest>;

/** Sent by the module that keeps subscriptions, not over REST. */
export const LinkSubscriptionRequest = z.strictObject({ subscription_id: ResourceId.nullable(), reason });

export const UpdateLicenseRequest = z
  .strictObject({
    issued_to: text(255),
    max_activations: integer(1, 1_000_000).nullable().meta({ description: 'Number of seats. Null: unlimited.' }),
    grace_period_days: integer(0, MAX_DAYS),
    auto_renewal_enabled: z.boolean(),
    expiry_date: Timestamp.meta({
      description:
        'Corrected expiry, in the future. Later renewals by months keep its day. Renew an expired license instead.',
    }),
    metadata: FreeFormInput,
    reason: ActionReason,
  })
  .partial()
  .meta({ id: 'UpdateLicenseRequest', examples: [{ max_activations: 10, reason: { code: 'CONTRACT_CHANGED' } }] });
export type UpdateLicenseRequest = z.infer<typeof UpdateLicenseRequest>;
