import { z } from 'zod';
import { text, Timestamp, UtcTime } from '../shared/http/schema.js';

export const LICENSE_TYPES = ['PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER'] as const;
export const LicenseType = z.enum(LICENSE_TYPES);
export type LicenseType = z.infer<typeof LicenseType>;

export const LICENSE_MODELS = ['PER_SEAT', 'PER_DEVICE', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE'] as const;
export const LicenseModel = z.enum(LICENSE_MODELS);
export type LicenseModel = z.infer<typeof LicenseModel>;

const featureFields = {
  feature_id: text(100),
  feature_name: text(255),
  limit_value: z.int().min(0).nullable(),
  limit_type: z.enum(['COUNT', 'SIZE', 'DURATION', 'BANDWIDTH']).nullable(),
};

/** One shape in templates and in licenses. */
export const Feature = z
  .object({ ...featureFields, enabled: z.boolean(), expires_at: UtcTime.nullable() })
  .meta({ id: 'Feature' });
export type Feature = z.infer<typeof Feature>;

export const FeatureInput = z
  .strictObject({
    ...featureFields,
    enabled: z.boolean().default(true),
    limit_value: featureFields.limit_value.default(null),
    limit_type: featureFields.limit_type.default(null),
    expires_at: Timestamp.nullable().default(null),
  })
  .meta({ id: 'FeatureInput', examples: [{ feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' }] });

export const Restriction = z
  .strictObject({
    restriction_type: z.enum(['GEOGRAPHIC', 'DOMAIN', 'IP_RANGE', 'MAC_ADDRESS', 'HARDWARE_ID', 'TIME_BASED']),
    values: z.array(text(255)).min(1),
    operator: z.enum(['ALLOW', 'DENY']),
  })
  .meta({ id: 'Restriction', examples: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }] });
export type Restriction = z.infer<typeof Restriction>;
