import { z } from 'zod';
import { deviceFields, Fingerprint } from '../activations/index.js';
import { checkOutFields } from '../offline/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { ResourceId, text } from '../shared/http/schema.js';
import { declaredEnvironmentFields, FeatureIds, presentedKeyFields, proofRequestFields } from '../validation/index.js';

export const ClientActivateRequest = z
  .strictObject({
    ...presentedKeyFields,
    ...deviceFields,
    product_id: ResourceId.optional(),
    ...declaredEnvironmentFields,
    ...proofRequestFields,
  })
  .meta({
    id: 'ClientActivateRequest',
    examples: [
      { license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, name: 'Front desk' },
      { license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, nonce: EXAMPLES.nonce, signed: true },
    ],
  });
export type ClientActivateRequest = z.infer<typeof ClientActivateRequest>;

export const ClientCheckOutRequest = z
  .strictObject({
    ...presentedKeyFields,
    ...checkOutFields,
    product_id: ResourceId.optional(),
    ...declaredEnvironmentFields,
  })
  .meta({
    id: 'ClientCheckOutRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, ttl_seconds: 604_800 }],
  });
export type ClientCheckOutRequest = z.infer<typeof ClientCheckOutRequest>;

export const DeviceRequest = z.strictObject({ ...presentedKeyFields, fingerprint: Fingerprint }).meta({
  id: 'DeviceRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type DeviceRequest = z.infer<typeof DeviceRequest>;

export const EntitlementsRequest = z
  .strictObject({ ...presentedKeyFields, features: FeatureIds.optional() })
  .meta({ id: 'EntitlementsRequest', examples: [{ license_key: EXAMPLES.licenseKey }] });

export type EntitlementsRequest = z.infer<typeof EntitlementsRequest>;

export const ClientReplaceRequest = z
  .strictObject({
    ...presentedKeyFields,
    activation_id: z.uuid().meta({ description: 'Activation of the device that gives up its seat.' }),
    replacement_token: text(500).meta({ description: 'Token of the refusal of this device.' }),
    ...deviceFields,
    product_id: ResourceId.optional(),
    ...declaredEnvironmentFields,
    ...proofRequestFields,
  })
  .meta({
    id: 'ClientReplaceRequest',
    examples: [
      {
        license_key: EXAMPLES.licenseKey,
        activation_id: EXAMPLES.activationId,
        replacement_token: EXAMPLES.replacementToken,
        fingerprint: EXAMPLES.newFingerprint,
      },
    ],
  });
export type ClientReplaceRequest = z.infer<typeof ClientReplaceRequest>;

export const UsageRequest = z
  .strictObject({
    ...presentedKeyFields,
    fingerprint: Fingerprint.optional().meta({
      description: 'The device that uses the feature, which must not be blocked. It needs no seat.',
    }),
    feature_id: text(100),
    amount: z.int().min(1).meta({ description: "Amount in the unit of the feature's limit." }),
  })
  .meta({
    id: 'UsageRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, feature_id: EXAMPLES.featureId, amount: 1 }],
  });
export type UsageRequest = z.infer<typeof UsageRequest>;
