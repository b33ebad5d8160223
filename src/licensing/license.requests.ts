import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { pageParameters, SearchPrefix } from '../shared/http/paging.js';
import {
  FlagParameter,
  IdParameter,
  ResourceId,
  text,
  Timestamp,
  TimestampParameter,
  UuidParameter,
} from '../shared/http/schema.js';
import { rule } from '../shared/http/schema-messages.js';
import { LicenseType } from '../templates/index.js';
import { LICENSE_STATUSES } from './license-status.js';
import { FreeFormInput } from '../shared/free-form.js';
import { METADATA_FILTER_MEMBERS, withMetadataFilters } from './metadata-filters/metadata-filters.requests.js';
import { OverridesInput, TermOverrides } from './license-overrides.js';
import { ActionReason } from '../shared/http/action-reason.js';

export const LicenseStatus = z.enum(LICENSE_STATUSES).meta({
  id: 'LicenseStatus',
  description: 'Current status; EXPIRED also during the grace period, PENDING before the start. INACTIVE is reserved.',
});
export type LicenseStatus = z.infer<typeof LicenseStatus>;

const startFields = {
  starts: z
    .union(
      [z.enum(['AT_ISSUE', 'AT_FIRST_ACTIVATION']), Timestamp],
      rule('must be AT_ISSUE, AT_FIRST_ACTIVATION or a time'),
    )
    .optional()
    .meta({
      description:
        'Start of the license and of its first term; PENDING until then. AT_FIRST_ACTIVATION: the first activation or license file, without seats also the first usage. Default: AT_ISSUE.',
      examples: ['AT_FIRST_ACTIVATION'],
    }),
  expires_if_started_by: Timestamp.optional().meta({
    description:
      'Time at which a license expires that still awaits its first activation. Only with AT_FIRST_ACTIVATION.',
  }),
};

/** Terms of a license that is issued later: by a line of an order, by a workflow. */
export const LaterIssueTerms = z.strictObject({
  ...startFields,
  overrides: TermOverrides.optional().meta({
    description: 'Terms that differ from those of the template. A later change of the template keeps them.',
  }),
});
export type LaterIssueTerms = z.infer<typeof LaterIssueTerms>;

export const IssueLicenseRequest = z
  .strictObject({
    license_template_id: ResourceId.meta({ examples: [EXAMPLES.templateId] }),
    customer_id: ResourceId.meta({ description: 'String or integer. The customer may be kept in another system.' }),
    issued_to: text(255).optional().meta({ description: "Default: the customer's name, company or e-mail." }),
    // No default, because it would change the digest of stored requests, and a retry with an idempotency key would fail.
    trial: z.boolean().optional().meta({
      description:
        'Issue a trial of `trial_duration_days`, if the template allows trials. Once per customer and product. Templates of type TRIAL and EVALUATION issue trials of `default_duration` in any case.',
    }),
    pool_id: z.uuid().optional().meta({
      description:
        'License pool to issue from. With the key of a partner, the default is its only usable pool of the template; customers are its own.',
    }),
    ...startFields,
    overrides: OverridesInput.optional().meta({
      description: 'Terms that differ from those of the template. A later change of the template keeps them.',
    }),
    metadata: FreeFormInput.default({}),
    reason: ActionReason.optional(),
  })
  .meta({
    id: 'IssueLicenseRequest',
    examples: [{ license_template_id: EXAMPLES.templateId, customer_id: EXAMPLES.customerId }],
  });
export type IssueLicenseRequest = z.infer<typeof IssueLicenseRequest>;

const format = z
  .enum(['csv', 'ndjson'])
  .optional()
  .meta({ description: 'The whole list in this form, like `Accept`.' });

const filters = {
  customer_id: IdParameter.optional(),
  product_id: IdParameter.optional(),
  template_id: IdParameter.optional(),
  status: LicenseStatus.optional(),
  license_type: LicenseType.optional(),
  order_id: UuidParameter.optional(),
  subscription_id: IdParameter.optional(),
  partner_id: UuidParameter.optional(),
  pool_id: UuidParameter.optional(),
  last_four: text(8)
    .optional()
    .meta({ description: 'Last four characters of the current license key, as they are or in lower case.' }),
  fingerprint: text(255).optional().meta({ description: 'Fingerprint of a device that is or was activated.' }),
  trial: FlagParameter.optional(),
  has_free_seats: FlagParameter.optional().meta({
    description: 'Whether fewer seats than `max_activations` are in use.',
  }),
  issued_from: TimestampParameter.optional().meta({ description: 'Issued at or after.' }),
  issued_before: TimestampParameter.optional().meta({ description: 'Issued before.' }),
  expires_from: TimestampParameter.optional().meta({ description: 'Expires at or after.' }),
  expires_before: TimestampParameter.optional().meta({ description: 'Expires before.' }),
  q: SearchPrefix.optional(),
};

export const ListLicensesRequest = withMetadataFilters(z.object({ ...pageParameters, ...filters, format }));
export type ListLicensesRequest = z.infer<typeof ListLicensesRequest>;

const Flag = z.union([z.boolean(), FlagParameter]);

/** Filter in a body, with the filters of the list. Flags may be text, as in the list. */
export const SelectLicensesRequest = withMetadataFilters(
  z.object({ ...filters, trial: Flag.optional(), has_free_seats: Flag.optional() }),
).meta({
  id: 'SelectLicensesRequest',
  ...METADATA_FILTER_MEMBERS,
  examples: [{ template_id: EXAMPLES.openTemplateId, status: 'ACTIVE' }],
});
export type SelectLicensesRequest = z.infer<typeof SelectLicensesRequest>;
