import { z } from 'zod';
import { Email } from '../../shared/http/email.js';
import { ResourceId, text, Timestamp } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { define } from './definition.js';
import type { PartnerOnboardingInput } from './partner-onboarding.js';

const MAX_POOLS = 20;

const Partner = z
  .strictObject({
    partner_id: z.uuid().optional(),
    name: text(255).optional(),
    email: Email.optional(),
  })
  .refine(
    ({ partner_id, name, email }) => (partner_id === undefined) === (name !== undefined && email !== undefined),
    'must contain partner_id, or name and email',
  );

const Pool = z.strictObject({
  license_template_id: ResourceId,
  quantity: integer(0, 1_000_000),
  returns_revoked: z.boolean().default(false),
  returns_expired: z.boolean().default(false),
  expires_at: Timestamp.nullable().default(null),
});

const Input = z.strictObject({
  partner: Partner,
  approval_timeout_days: integer(1, 90).default(30),
  pools: z.array(Pool).min(1).max(MAX_POOLS),
  license_template_id: ResourceId.nullable().default(null),
});

export const PARTNER_ONBOARDING = define<PartnerOnboardingInput>({
  name: 'partner-onboarding',
  input: Input,
  requires: [
    'partners:read',
    'partners:write',
    'partners:approve',
    'licenses:read',
    'licenses:issue',
    'licenses:import',
    'licenses:renew',
    'licenses:change-template',
    'licenses:transfer',
    'licenses:rotate-key',
    'licenses:revoke',
    'customers:read',
    'customers:write',
    'events:read',
    'emails:send',
  ],
  signals: { approved: { permission: 'partners:approve', data: z.strictObject({}) } },
  subjectOf: ({ partner }) => ({ customerId: partner.partner_id, email: partner.email }),
});
