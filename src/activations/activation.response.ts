import { z } from 'zod';
import { devicesResetFields } from '../licensing/index.js';
import { ActivationStatus, ActivationType } from './activation.requests.js';
import { FreeForm } from '../shared/free-form.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { Activation } from './activation.entity.js';

export const ActivationResponse = z
  .object({
    activation_id: z.uuid(),
    tenant_id: z.string(),
    license_id: z.uuid(),
    fingerprint: z.string(),
    user_id: z.string().nullable(),
    units: z.int(),
    activation_type: ActivationType,
    status: ActivationStatus,
    name: z.string().nullable(),
    hostname: z.string().nullable(),
    platform: z.string().nullable(),
    version: z.string().nullable().meta({ description: "Version of the vendor's program." }),
    ip_address: z.string().nullable(),
    metadata: FreeForm,
    first_seen_at: UtcTime,
    last_seen_at: UtcTime.meta({ description: 'Accurate to some seconds.' }),
    lease_expires_at: UtcTime.nullable().meta({
      description: 'End of the lease; null: no lease.',
    }),
    lent_until: UtcTime.nullable().meta({
      description: 'End of the license file that holds this seat.',
    }),
    ended_at: UtcTime.nullable(),
    created_at: UtcTime,
  })
  .meta({ id: 'Activation', description: 'The activation of the device.' });
export type ActivationResponse = z.infer<typeof ActivationResponse>;

export const ActivationsReset = z
  .object({
    license_id: z.uuid(),
    ...devicesResetFields,
    current_activations: z.int().meta({ description: 'Seats in use.' }),
  })
  .meta({ id: 'ActivationsReset', description: 'The seats of the license after the reset.' });
export type ActivationsReset = z.infer<typeof ActivationsReset>;

export const ActivationPage = pageOf(ActivationResponse).meta({ id: 'ActivationPage' });
export type ActivationPage = z.infer<typeof ActivationPage>;

export function toActivationResponse(activation: Activation, now: Date): ActivationResponse {
  const status = activation.statusAt(now);
  return {
    activation_id: activation.activationId,
    tenant_id: activation.tenantId,
    license_id: activation.licenseId,
    fingerprint: activation.fingerprint,
    user_id: activation.userId,
    units: activation.units,
    activation_type: activation.activationType,
    status,
    name: activation.deviceName,
    hostname: activation.hostname,
    platform: activation.platform,
    version: activation.appVersion,
    ip_address: activation.ipAddress,
    metadata: activation.metadata,
    first_seen_at: activation.firstSeenAt.toISOString(),
    last_seen_at: activation.lastSeenAt.toISOString(),
    lease_expires_at: activation.leaseExpiresAt?.toISOString() ?? null,
    lent_until: activation.lentUntil?.toISOString() ?? null,
    ended_at: (activation.endedAt ?? (status === 'EXPIRED' ? activation.leaseExpiresAt : null))?.toISOString() ?? null,
    created_at: activation.createdAt.toISOString(),
  };
}
