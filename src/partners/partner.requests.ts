import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { FreeFormInput } from '../shared/free-form.js';
import { Email } from '../shared/http/email.js';
import { pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { ResourceId, text } from '../shared/http/schema.js';
import { LICENSE_EFFECTS, PARTNER_STATUSES } from './partner-status.js';
import { ActionReason } from '../shared/http/action-reason.js';

export const PartnerStatus = z
  .enum(PARTNER_STATUSES)
  .meta({ id: 'PartnerStatus', description: 'The keys of a partner work while it is APPROVED.' });

const fields = {
  name: text(255),
  email: Email.nullable().meta({ description: 'Contact address.' }),
  metadata: FreeFormInput,
};

export const CreatePartnerRequest = z
  .strictObject({
    name: fields.name,
    email: fields.email.default(null),
    metadata: fields.metadata.default({}),
  })
  .meta({ id: 'CreatePartnerRequest', examples: [{ name: 'Example Resellers', email: 'partner@example.com' }] });
export type CreatePartnerRequest = z.infer<typeof CreatePartnerRequest>;

export const UpdatePartnerRequest = z
  .strictObject(fields)
  .partial()
  .meta({ id: 'UpdatePartnerRequest', examples: [{ metadata: { region: 'EMEA' } }] });
export type UpdatePartnerRequest = z.infer<typeof UpdatePartnerRequest>;

export const PartnerActionRequest = z
  .strictObject({ reason: ActionReason.optional() })
  .meta({ id: 'PartnerActionRequest', examples: [{}] });
export type PartnerActionRequest = z.infer<typeof PartnerActionRequest>;

export const SuspendPartnerRequest = z
  .strictObject({
    license_effect: z.enum(LICENSE_EFFECTS).meta({
      id: 'Withdrawal',
      description:
        'What happens to all licenses of the partner: nothing, suspension, or permanent revocation. It goes on after the response.',
    }),
    reason: ActionReason,
  })
  .meta({ id: 'SuspendPartnerRequest', examples: [{ license_effect: 'KEEP', reason: { code: 'PAYMENT_OVERDUE' } }] });
export type SuspendPartnerRequest = z.infer<typeof SuspendPartnerRequest>;

export const IssuePartnerLicenseRequest = z
  .strictObject({
    license_template_id: ResourceId,
    metadata: FreeFormInput.default({}),
    reason: ActionReason.optional(),
  })
  .meta({ id: 'IssuePartnerLicenseRequest', examples: [{ license_template_id: EXAMPLES.openTemplateId }] });
export type IssuePartnerLicenseRequest = z.infer<typeof IssuePartnerLicenseRequest>;

export const ListPartnersRequest = z.strictObject({
  ...pageParameters,
  status: PartnerStatus.optional(),
  q: SearchPrefix.optional(),
});
export type ListPartnersRequest = z.infer<typeof ListPartnersRequest>;
