import { z } from 'zod';
import { Email } from '../shared/http/email.js';
import { pageOf, pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { FlagParameter, FreeForm, FreeFormInput, ResourceId, text, UtcTime } from '../shared/http/schema.js';
import type { Customer } from './customer.entity.js';

const fields = {
  first_name: text(100).nullable(),
  last_name: text(100).nullable(),
  email: Email.nullable(),
  company_name: text(255).nullable(),
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
  .strictObject(fields)
  .partial()
  .meta({ id: 'UpdateCustomerRequest', examples: [{ company_name: 'Roe Networks' }] });
export type UpdateCustomerRequest = z.infer<typeof UpdateCustomerRequest>;

export const CustomerResponse = z
  .object({
    customer_id: z.string(),
    tenant_id: z.string(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    email: z.string().nullable(),
    company_name: z.string().nullable(),
    active: z.boolean(),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Customer' });
export type CustomerResponse = z.infer<typeof CustomerResponse>;

export const CustomerPage = pageOf(CustomerResponse).meta({ id: 'CustomerPage' });
export type CustomerPage = z.infer<typeof CustomerPage>;

export const ListCustomersRequest = z.strictObject({
  ...pageParameters,
  active: FlagParameter.optional(),
  email: Email.optional().meta({
    description: 'Exact address, case-insensitive. Several customers may have the same.',
  }),
  q: SearchPrefix.optional(),
});
export type ListCustomersRequest = z.infer<typeof ListCustomersRequest>;

export function toCustomerResponse(customer: Customer): CustomerResponse {
  return {
    customer_id: customer.customerId,
    tenant_id: customer.tenantId,
    first_name: customer.firstName,
    last_name: customer.lastName,
    email: customer.email,
    company_name: customer.companyName,
    active: customer.active,
    metadata: customer.metadata,
    version: customer.version,
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  };
}
