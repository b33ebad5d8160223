import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import type { License } from '../licensing/index.js';
import type { Validity } from './license-file-validity.js';

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
