import { z } from 'zod';
import { Fingerprint } from '../activations/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { ResourceId, text, Timestamp } from '../shared/http/schema.js';
import { TENANT_ID } from '../shared/tenant-id.js';
import { MAC_ADDRESS } from '../templates/index.js';

const MAX_LICENSE_KEY_LENGTH = 1_000;

const TenantIdField = z.string().regex(TENANT_ID, 'must be a tenant id');

/** Any text, because a malformed license key gets the same response as an unknown one. */
const LicenseKeyField = z
  .string()
  .max(MAX_LICENSE_KEY_LENGTH)
  .meta({
    description:
      'In license keys that this server made, case, spaces and dashes are ignored. An imported key is found only with `tenant_id` or an API key.',
    examples: [EXAMPLES.licenseKey],
  });

/** License key of a program, and the tenant in whose imported keys it is looked up, too. */
export const presentedKeyFields = {
  license_key: LicenseKeyField,
  tenant_id: TenantIdField.optional().meta({
    description: 'Tenant of the vendor. Required for an imported license key, unless an API key is sent as well.',
  }),
};

/** Declared facts for restrictions; address and country are taken from the request. */
export const declaredEnvironmentFields = {
  domain: text(255).optional().meta({ description: 'Domain that the program serves or runs at.' }),
  mac: z
    .string()
    .regex(MAC_ADDRESS, 'must be a MAC address')
    .optional()
    .meta({ examples: ['00:1B:44:11:3A:B7'] }),
  hardware_id: text(255).optional(),
};

/** Ids of features. */
export const FeatureIds = z.array(text(100)).max(200);

const nonce = text(255).optional().meta({ description: 'Returned unchanged, to match response and request.' });
const signed = z.boolean().optional().meta({
  description: 'Also return a signed `proof` that the program may cache for offline use.',
});

/** Members by which a program asks for a signed validation. */
export const proofRequestFields = { nonce, signed };

export const evaluationFields = {
  fingerprint: Fingerprint.optional(),
  product_id: ResourceId.optional(),
  version: text(100).optional().meta({ description: 'Version of your program. Informational; see `released_at`.' }),
  released_at: Timestamp.optional().meta({
    description: 'Release time of your program; must be within maintenance.',
  }),
  features: FeatureIds.optional().meta({ description: 'Ids of the features that the program needs.' }),
  client_time: Timestamp.optional().meta({ description: 'Device clock; at most 5 minutes off.' }),
  nonce,
  ...declaredEnvironmentFields,
};

export const ValidateRequest = z.strictObject({ ...presentedKeyFields, ...evaluationFields, signed }).meta({
  id: 'ValidateRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type ValidateRequest = z.infer<typeof ValidateRequest>;
