import { z } from 'zod';
import { deviceFields, Fingerprint } from '../activations/index.js';
import { checkOutFields } from '../offline/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { ResourceId, text, Timestamp } from '../shared/http/schema.js';
import { MAC_ADDRESS } from '../templates/index.js';
import { FAILURE_CODES, SUCCESS_CODES } from './validation-codes.js';

const MAX_KEY = 1_000;

/** Any text, because a malformed license key gets the same response as an unknown one. */
const license_key = z
  .string()
  .max(MAX_KEY)
  .meta({
    description: 'Case, spaces and dashes are ignored.',
    examples: [EXAMPLES.licenseKey],
  });

/** Declared facts for restrictions; address and country are taken from the request. */
const declaredEnvironmentFields = {
  domain: text(255).optional().meta({ description: 'Domain that the program serves or runs at.' }),
  mac: z
    .string()
    .regex(MAC_ADDRESS, 'must be a MAC address')
    .optional()
    .meta({ examples: ['00:1B:44:11:3A:B7'] }),
  hardware_id: text(255).optional(),
};

const features = z.array(text(100)).max(200).optional();

const evaluationFields = {
  fingerprint: Fingerprint.optional(),
  product_id: ResourceId.optional(),
  version: text(100).optional().meta({ description: 'Version of your program. Informational; see `released_at`.' }),
  released_at: Timestamp.optional().meta({
    description: 'Release time of your program; must be within maintenance.',
  }),
  features: features.meta({ description: 'Ids of the features that the program needs.' }),
  client_time: Timestamp.optional().meta({ description: 'Device clock; at most 5 minutes off.' }),
  nonce: text(255).optional().meta({ description: 'Returned unchanged, to match response and request.' }),
  ...declaredEnvironmentFields,
};

export const signed = z.boolean().optional().meta({
  description: 'Also return a signed `proof` that the program may cache for offline use.',
});

export const ValidateRequest = z.strictObject({ license_key, ...evaluationFields, signed }).meta({
  id: 'ValidateRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type ValidateRequest = z.infer<typeof ValidateRequest>;

export const ExplainRequest = z
  .strictObject({
    ...evaluationFields,
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1 in two capital letters')
      .optional(),
    as_of: Timestamp.optional().meta({
      description: 'Explain the result at this past time, from the event log. Also requires `events:read`.',
    }),
  })
  .meta({ id: 'ExplainRequest', examples: [{ fingerprint: EXAMPLES.fingerprint, country: 'DE', ip: '203.0.113.7' }] });
export type ExplainRequest = z.infer<typeof ExplainRequest>;

export const ClientActivateRequest = z
  .strictObject({ license_key, ...deviceFields, product_id: ResourceId.optional(), ...declaredEnvironmentFields })
  .meta({
    id: 'ClientActivateRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, name: 'Front desk' }],
  });
export type ClientActivateRequest = z.infer<typeof ClientActivateRequest>;

export const ClientCheckOutRequest = z
  .strictObject({ license_key, ...checkOutFields, product_id: ResourceId.optional(), ...declaredEnvironmentFields })
  .meta({
    id: 'ClientCheckOutRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, ttl_seconds: 604_800 }],
  });
export type ClientCheckOutRequest = z.infer<typeof ClientCheckOutRequest>;

export const DeviceRequest = z.strictObject({ license_key, fingerprint: Fingerprint }).meta({
  id: 'DeviceRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type DeviceRequest = z.infer<typeof DeviceRequest>;

export const EntitlementsRequest = z
  .strictObject({ license_key, features })
  .meta({ id: 'EntitlementsRequest', examples: [{ license_key: EXAMPLES.licenseKey }] });

export type EntitlementsRequest = z.infer<typeof EntitlementsRequest>;

export const UsageRequest = z
  .strictObject({
    license_key,
    feature_id: text(100),
    amount: z.int().min(1).meta({ description: "Amount in the unit of the feature's limit." }),
  })
  .meta({
    id: 'UsageRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, feature_id: EXAMPLES.featureId, amount: 1 }],
  });
export type UsageRequest = z.infer<typeof UsageRequest>;

export const FailureCode = z.enum(FAILURE_CODES).meta({ id: 'ValidationFailureCode' });
export const ValidationCode = z
  .enum([...SUCCESS_CODES, ...FAILURE_CODES])
  .meta({ id: 'ValidationCode', description: 'The code of the first reason, or VALID or IN_GRACE.' });
