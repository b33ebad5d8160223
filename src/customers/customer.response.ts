import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { Customer } from './customer.entity.js';

export const CustomerResponse = z
  .object({
    customer_id: z.string(),
    tenant_id: z.string(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    email: z.string().nullable(),
    company_name: z.string().nullable(),
    language: z.string().nullable().meta({ description: 'Language tag of e-mail to the customer. Null: en.' }),
    active: z.boolean(),
    partner_id: z.uuid().nullable().meta({ description: 'Partner that made the customer.' }),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Customer' });
export type CustomerResponse = z.infer<typeof CustomerResponse>;

export const CustomerPage = pageOf(CustomerResponse).meta({ id: 'CustomerPage' });
export type CustomerPage = z.infer<typeof CustomerPage>;

export function toCustomerResponse(customer: Customer): CustomerResponse {
  return {
    customer_id: customer.customerId,
    tenant_id: customer.tenantId,
    first_name: customer.firstName,
    last_name: customer.lastName,
    email: customer.email,
    company_name: customer.companyName,
    language: customer.language,
    active: customer.active,
    partner_id: customer.partnerId,
    metadata: customer.metadata,
    version: customer.version,
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  };
}
