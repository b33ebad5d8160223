import { z } from 'zod';
import { Email } from '../../shared/http/email.js';
import { ResourceId, text } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { define } from './definition.js';
import type { LeadToCustomerInput } from './lead-to-customer.js';

const Lead = z
  .strictObject({
    customer_id: ResourceId.optional(),
    first_name: text(100).optional(),
    last_name: text(100).optional(),
    email: Email.optional(),
    company_name: text(255).optional(),
  })
  .refine((lead) => Object.keys(lead).length > 0, 'must contain at least one field');

const Input = z.strictObject({
  lead: Lead,
  license_template_id: ResourceId,
  trial: z.boolean().optional(),
  approval: z.boolean().default(false),
  approval_timeout_days: integer(1, 90).default(30),
  welcome: z.boolean().default(true),
});

export const LEAD_TO_CUSTOMER = define<LeadToCustomerInput>({
  name: 'lead-to-customer',
  input: Input,
  requires: [
    'customers:read',
    'customers:write',
    'licenses:issue',
    'licenses:revoke',
    'licenses:reveal-key',
    'emails:send',
  ],
  signals: { approved: { permission: 'workflows:approve', data: z.strictObject({}) } },
  subjectOf: ({ lead }) => ({ customerId: lead.customer_id, email: lead.email }),
});
