import type { z } from 'zod';
import { ActivationResponse } from '../activations/index.js';
import { warningsField } from '../validation/index.js';

export const ClientActivation = ActivationResponse.extend({ warnings: warningsField }).meta({
  id: 'ClientActivation',
  description: 'The activation of the device, with warnings about its license key.',
});
export type ClientActivation = z.infer<typeof ClientActivation>;
