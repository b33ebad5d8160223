import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { pageOf, pageParameters } from '../shared/http/paging.js';
import { FreeForm, FreeFormInput, text, UtcTime } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { ActionReason } from '../licensing/index.js';
import { ACTIVATION_STATUSES, ACTIVATION_TYPES, type Activation } from './activation.entity.js';

const MAX_UNITS = 10_000;

export const Fingerprint = text(255).meta({
  description: 'Stable identifier of the device, chosen by your program.',
  examples: [EXAMPLES.fingerprint],
});

/** What a device says of itself. */
export const deviceFields = {
  fingerprint: Fingerprint,
  user_id: text(255).optional().meta({ description: 'Id of the user. Required if the license counts users.' }),
  units: integer(1, MAX_UNITS)
    .optional()
    .meta({ description: 'Number of processors or cores of the device, for PER_CPU and PER_CORE. Default: 1.' }),
  name: text(255).optional(),
  hostname: text(255).optional(),
  platform: text(100).optional(),
  version: text(100).optional().meta({ description: 'Version of your program.' }),
  metadata: FreeFormInput.optional(),
};

export const ActivateRequest = z
  .strictObject({
    ...deviceFields,
    activation_type: z.enum(['ONLINE', 'EMERGENCY']).default('ONLINE'),
    reason: ActionReason.optional(),
  })
  .meta({ id: 'ActivateRequest', examples: [{ fingerprint: EXAMPLES.fingerprint, name: 'Front desk' }] });
export type ActivateRequest = z.infer<typeof ActivateRequest>;

/** The same for a module of this process, which may also lend a seat to a device that will be offline. */
export const DeviceInput = z.strictObject({
  ...deviceFields,
  activation_type: z.enum(ACTIVATION_TYPES).default('ONLINE'),
  reason: ActionReason.optional(),
});
export type DeviceInput = z.infer<typeof DeviceInput>;

const ActivationType = z.enum(ACTIVATION_TYPES).meta({ id: 'ActivationType' });
const ActivationStatus = z
  .enum(ACTIVATION_STATUSES)
  .meta({ id: 'ActivationStatus', description: 'EXPIRED: the lease ended. SUSPENDED is reserved.' });

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

export const ActivationPage = pageOf(ActivationResponse).meta({ id: 'ActivationPage' });
export type ActivationPage = z.infer<typeof ActivationPage>;

export const ListActivationsRequest = z.strictObject({
  ...pageParameters,
  status: z.enum(['ACTIVE', 'DEACTIVATED', 'EXPIRED']).optional(),
});
export type ListActivationsRequest = z.infer<typeof ListActivationsRequest>;

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
