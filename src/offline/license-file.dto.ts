import { z } from 'zod';
import { deviceFields } from '../activations/index.js';
import { ActionReason, type License } from '../licensing/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { text, UtcTime } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { MAX_VALIDITY_MS } from '../signing/index.js';
import type { Validity } from './license-file.js';

const MAX_TTL_S = MAX_VALIDITY_MS / 1000;
const DEFAULT_TTL_S = 30 * 24 * 60 * 60;
const MIN_TTL_S = 60;

export const checkOutFields = {
  ...deviceFields,
  fingerprint: deviceFields.fingerprint.optional().meta({
    description:
      'The only device that the license file is for. Required if the license counts seats: the file holds one until it expires.',
  }),
  ttl_seconds: integer(MIN_TTL_S, MAX_TTL_S).default(DEFAULT_TTL_S).meta({
    description:
      'Validity, at most 366 days. Shortened to the expiry of the license and to its file_ttl_max_seconds; see expires_at.',
  }),
  nonce: text(128).optional().meta({ description: 'Copied into the license file, to match file and request.' }),
};

export const CheckOutRequest = z
  .strictObject({ ...checkOutFields, reason: ActionReason.optional() })
  .meta({ id: 'CheckOutRequest', examples: [{ fingerprint: EXAMPLES.fingerprint, ttl_seconds: 604_800 }] });
export type CheckOutRequest = z.infer<typeof CheckOutRequest>;

export const LicenseFileResponse = z
  .object({
    license_id: z.uuid(),
    customer_id: z.string(),
    activation_id: z
      .uuid()
      .nullable()
      .meta({ description: 'Activation whose seat the file holds. Null: the license counts no seats.' }),
    kid: z.string().meta({ description: 'Id of the signing key.' }),
    issued_at: UtcTime,
    refresh_at: UtcTime.meta({
      description: 'From then on a program that reaches the server should get a new license file.',
    }),
    expires_at: UtcTime,
    license_file: z.string().meta({ description: 'The signed document; see docs/license-file.md.' }),
  })
  .meta({ id: 'LicenseFile', description: 'The license file.' });
export type LicenseFileResponse = z.infer<typeof LicenseFileResponse>;

export interface SignedLicenseFile {
  readonly license: License;
  readonly activationId: string | null;
  readonly kid: string;
  readonly text: string;
}

export function toLicenseFileResponse(file: SignedLicenseFile, validity: Validity): LicenseFileResponse {
  return {
    license_id: file.license.licenseId,
    customer_id: file.license.customerId,
    activation_id: file.activationId,
    kid: file.kid,
    issued_at: validity.issuedAt.toISOString(),
    refresh_at: validity.refreshAt.toISOString(),
    expires_at: validity.expiresAt.toISOString(),
    license_file: file.text,
  };
}
