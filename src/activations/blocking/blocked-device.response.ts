import { z } from 'zod';
import { pageOf } from '../../shared/http/paging.js';
import { UtcTime } from '../../shared/http/schema.js';
import type { BlockedDevice } from './blocked-device.entity.js';
import { ActionReason } from '../../shared/http/action-reason.js';

export const BlockedDeviceResponse = z
  .object({
    blocked_device_id: z.uuid(),
    tenant_id: z.string(),
    license_id: z.uuid(),
    fingerprint: z.string(),
    reason: ActionReason,
    files_until: UtcTime.nullable().meta({
      description: 'End of the last license file of the device. Until then the revocation list names the device.',
    }),
    created_at: UtcTime,
  })
  .meta({ id: 'BlockedDevice', description: 'The blocked device.' });
export type BlockedDeviceResponse = z.infer<typeof BlockedDeviceResponse>;

export const BlockedDevicePage = pageOf(BlockedDeviceResponse).meta({ id: 'BlockedDevicePage' });
export type BlockedDevicePage = z.infer<typeof BlockedDevicePage>;

export function toBlockedDeviceResponse(blocked: BlockedDevice): BlockedDeviceResponse {
  const { reasonCode: code, reasonText: text } = blocked;
  return {
    blocked_device_id: blocked.blockedDeviceId,
    tenant_id: blocked.tenantId,
    license_id: blocked.licenseId,
    fingerprint: blocked.fingerprint,
    reason: { code, ...(text !== null && { text }) },
    files_until: blocked.filesUntil?.toISOString() ?? null,
    created_at: blocked.createdAt.toISOString(),
  };
}
