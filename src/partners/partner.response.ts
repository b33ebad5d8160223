import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import { UtcTime } from '../shared/http/schema.js';
import type { Partner } from './partner.entity.js';
import { PartnerStatus } from './partner.requests.js';

export const PartnerResponse = z
  .object({
    partner_id: z.uuid(),
    tenant_id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    status: PartnerStatus,
    license_effect: z.string().nullable().meta({
      description: 'SUSPEND or REVOKE while a suspension has not reached all licenses of the partner. Null: none.',
    }),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Partner', description: 'The partner.' });
export type PartnerResponse = z.infer<typeof PartnerResponse>;

export const PartnerPage = pageOf(PartnerResponse).meta({ id: 'PartnerPage' });
export type PartnerPage = z.infer<typeof PartnerPage>;

export function toPartnerResponse(partner: Partner): PartnerResponse {
  return {
    partner_id: partner.partnerId,
    tenant_id: partner.tenantId,
    name: partner.name,
    email: partner.email,
    status: partner.status,
    license_effect: partner.licenseEffect,
    metadata: partner.metadata,
    version: partner.version,
    created_at: partner.createdAt.toISOString(),
    updated_at: partner.updatedAt.toISOString(),
  };
}
