import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { pageParameters } from '../../shared/http/paging.js';
import { Fingerprint } from '../activation.requests.js';
import { ActionReason } from '../../shared/http/action-reason.js';

export const BlockDeviceRequest = z.strictObject({ fingerprint: Fingerprint, reason: ActionReason }).meta({
  id: 'BlockDeviceRequest',
  examples: [{ fingerprint: EXAMPLES.blockedFingerprint, reason: { code: 'TERMS_VIOLATED', text: 'Ticket 4712' } }],
});
export type BlockDeviceRequest = z.infer<typeof BlockDeviceRequest>;

export const ListBlockedDevicesRequest = z.strictObject({ ...pageParameters, fingerprint: Fingerprint.optional() });
export type ListBlockedDevicesRequest = z.infer<typeof ListBlockedDevicesRequest>;
