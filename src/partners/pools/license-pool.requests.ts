import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { pageParameters } from '../../shared/http/paging.js';
import { IdParameter, ResourceId, Timestamp, UuidParameter } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { PARTNER_ACTIONS, PARTNER_OVERRIDES } from '../../licensing/index.js';
import { ActionReason } from '../../shared/http/action-reason.js';

const MAX_QUANTITY = 1_000_000;

const isSet = (names: readonly string[]) => new Set(names).size === names.length;
const NO_TWICE = 'must not contain a name twice';

export const PartnerAction = z.enum(PARTNER_ACTIONS).meta({
  id: 'PartnerAction',
  description:
    '`starts`: choose the start of a license that is issued. `import`: import licenses into the pool. The others: the actions of that name on licenses of the pool.',
});
export const PartnerOverride = z
  .enum(PARTNER_OVERRIDES)
  .meta({ id: 'PartnerOverride', description: 'Name of an override.' });

const fields = {
  allowed_actions: z
    .array(PartnerAction)
    .refine(isSet, NO_TWICE)
    .meta({ description: "Actions that the partner's keys may take. Default: none." }),
  allowed_overrides: z.array(PartnerOverride).refine(isSet, NO_TWICE).meta({
    description:
      "Terms that the partner's keys may override at the issue or import; `term` and `expiry_date` also lift the limits of a renewal. Default: none.",
  }),
  returns_revoked: z.boolean().meta({ description: 'Whether a revoked license can be issued again.' }),
  returns_expired: z
    .boolean()
    .meta({ description: 'Whether a license can be issued again once it has expired, grace period included.' }),
  expires_at: Timestamp.nullable().meta({ description: 'End of the pool, after which none is issued. Null: never.' }),
};

export const CreateLicensePoolRequest = z
  .strictObject({
    partner_id: z.uuid(),
    license_template_id: ResourceId,
    quantity: integer(0, MAX_QUANTITY).meta({ description: 'Licenses in the pool.' }),
    returns_revoked: fields.returns_revoked.default(false),
    returns_expired: fields.returns_expired.default(false),
    expires_at: fields.expires_at.default(null),
    allowed_actions: fields.allowed_actions.optional(),
    allowed_overrides: fields.allowed_overrides.optional(),
  })
  .meta({
    id: 'CreateLicensePoolRequest',
    examples: [{ partner_id: EXAMPLES.partnerId, license_template_id: EXAMPLES.openTemplateId, quantity: 100 }],
  });
export type CreateLicensePoolRequest = z.infer<typeof CreateLicensePoolRequest>;

export const UpdateLicensePoolRequest = z
  .strictObject(fields)
  .partial()
  .meta({ id: 'UpdateLicensePoolRequest', examples: [{ returns_revoked: true }] });
export type UpdateLicensePoolRequest = z.infer<typeof UpdateLicensePoolRequest>;

export const AllotLicensesRequest = z
  .strictObject({
    quantity: integer(-MAX_QUANTITY, MAX_QUANTITY)
      .refine((quantity) => quantity !== 0, 'must not be 0')
      .meta({ description: 'Licenses to add; negative: to take out, at most those that are available.' }),
    reason: ActionReason.optional(),
  })
  .meta({ id: 'AllotLicensesRequest', examples: [{ quantity: 50, reason: { code: 'PAYMENT_RECEIVED' } }] });
export type AllotLicensesRequest = z.infer<typeof AllotLicensesRequest>;

export const ListLicensePoolsRequest = z.strictObject({
  ...pageParameters,
  partner_id: UuidParameter.optional(),
  template_id: IdParameter.optional(),
});
export type ListLicensePoolsRequest = z.infer<typeof ListLicensePoolsRequest>;

export const ListPoolEntriesRequest = z.strictObject(pageParameters);
export type ListPoolEntriesRequest = z.infer<typeof ListPoolEntriesRequest>;
