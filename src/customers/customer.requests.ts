import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { Email } from '../shared/http/email.js';
import { pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { FlagParameter, LanguageTag, ResourceId, text, UuidParameter } from '../shared/http/schema.js';
import { FreeFormInput } from '../shared/free-form.js';

const fields = {
  first_name: text(100).nullable(),
  last_name: text(100).nullable(),
  email: Email.nullable(),
  company_name: text(255).nullable(),
  language: LanguageTag.nullable(),
  active: z
    .boolean()
    .meta({ description: 'False: archived; no license can be issued or transferred to the customer.' }),
  metadata: FreeFormInput,
};

export const CreateCustomerRequest = z
  .strictObject({
    customer_id: ResourceId.optional(),
    first_name: fields.first_name.default(null),
    last_name: fields.last_name.default(null),
    email: fields.email.default(null),
    company_name: fields.company_name.default(null),
    // Without a default, which would change the digest of stored requests.
    language: fields.language.optional(),
    active: fields.active.default(true),
    metadata: fields.metadata.default({}),
  })
  .meta({
    id: 'CreateCustomerRequest',
    description: 'At least one of first_name, last_name, company_name and email is required.',
    minProperties: 1,
    examples: [{ customer_id: 'customer-002', first_name: 'Jane', last_name: 'Roe', email: 'jane@example.com' }],
  });
export type CreateCustomerRequest = z.infer<typeof CreateCustomerRequest>;

export const UpdateCustomerRequest = z
  .strictObject({ ...fields, reason: ActionReason })
  .partial()
  .meta({ id: 'UpdateCustomerRequest', examples: [{ company_name: 'Roe Networks' }] });
export type UpdateCustomerRequest = z.infer<typeof UpdateCustomerRequest>;
/** Fields that a request changes. */
export type CustomerPatch = Omit<UpdateCustomerRequest, 'reason'>;

export const ListCustomersRequest = z.strictObject({
  ...pageParameters,
  active: FlagParameter.optional(),
  partner_id: UuidParameter.optional(),
  email: Email.optional().meta({
    description: 'Exact address, case-insensitive. Several customers may have the same.',
  }),
  q: SearchPrefix.optional(),
});
export type ListCustomersRequest = z.infer<typeof ListCustomersRequest>;
