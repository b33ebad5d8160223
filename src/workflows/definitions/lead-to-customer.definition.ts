import { z } from 'zod';
import { Email } from '../../shared/http/email.js';
import { ResourceId, text, Timestamp } from '../../shared/http/schema.js';
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

const MAX_OVERRIDES = 16_384;

/** The step that issues validates the terms. */
const Overrides = z
  .record(z.string(), z.unknown())
  .refine((overrides) => !('metadata' in overrides), 'must not contain metadata')
  .refine(
    (overrides) => JSON.stringify(overrides).length <= MAX_OVERRIDES,
    `must be at most ${MAX_OVERRIDES} characters as JSON`,
  );

const Input = z.strictObject({
  lead: Lead,
  license_template_id: ResourceId,
  trial: z.boolean().optional(),
  starts: z.union([z.enum(['AT_ISSUE', 'AT_FIRST_ACTIVATION']), Timestamp]).optional(),
  expires_if_started_by: Timestamp.optional(),
  overrides: Overrides.optional(),
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
