import { z } from 'zod';
import { ActivationResponse } from '../activations/index.js';
import { warningsField } from '../validation/index.js';

export const ClientActivation = ActivationResponse.extend({
  warnings: warningsField,
  nonce: z.string().optional(),
  proof: z.string().nullable().optional().meta({
    description:
      'The signed validation of the license key on this device after the activation, only with `signed: true`; see docs/license-file.md. It covers `warnings`. Null until the tenant has an active signing key, and if another license key replaced this one meanwhile.',
  }),
}).meta({
  id: 'ClientActivation',
  description: 'The activation of the device, with warnings about its license key.',
});
export type ClientActivation = z.infer<typeof ClientActivation>;
