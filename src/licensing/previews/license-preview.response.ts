import type { z } from 'zod';
import { toLicenseResponse, LicenseResponse } from '../license.response.js';
import type { License } from '../license.entity.js';

/** License without the members that only a stored one has. */
export const LicensePreview = LicenseResponse.omit({
  license_id: true,
  license_key_last_four: true,
  version: true,
  created_at: true,
  updated_at: true,
}).meta({ id: 'LicensePreview', description: 'The license that would be issued now.' });
export type LicensePreview = z.infer<typeof LicensePreview>;

export function toLicensePreview(license: License): LicensePreview {
  return LicensePreview.parse(toLicenseResponse(license, license.issuedDate));
}
