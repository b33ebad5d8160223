import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { pageParameters } from '../shared/http/paging.js';
import { text } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { FreeFormInput } from '../shared/free-form.js';
import { ACTIVATION_STATUSES, ACTIVATION_TYPES } from './activation-status.js';
import { ActionReason } from '../shared/http/action-reason.js';

const MAX_UNITS = 10_000;

export const Fingerprint = text(255).meta({
  description: 'Stable identifier of the device, chosen by your program.',
  examples: [EXAMPLES.fingerprint],
});

/** Fields that a device sends about itself. */
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

/** Device as other modules send it; they may also activate a device that will be offline. */
export const DeviceInput = z.strictObject({
  ...deviceFields,
  activation_type: z.enum(ACTIVATION_TYPES).default('ONLINE'),
  reason: ActionReason.optional(),
});
export type DeviceInput = z.infer<typeof DeviceInput>;

export const ActivationType = z.enum(ACTIVATION_TYPES).meta({ id: 'ActivationType' });
export const ActivationStatus = z
  .enum(ACTIVATION_STATUSES)
  .meta({ id: 'ActivationStatus', description: 'EXPIRED: the lease ended. SUSPENDED is reserved.' });

export const ListActivationsRequest = z.strictObject({
  ...pageParameters,
  status: z.enum(['ACTIVE', 'DEACTIVATED', 'EXPIRED']).optional(),
});
export type ListActivationsRequest = z.infer<typeof ListActivationsRequest>;
