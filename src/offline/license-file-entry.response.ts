import { z } from 'zod';
import type { LicenseEventResponse } from '../audit/index.js';
import { pageOf } from '../shared/http/paging.js';
import { UtcTime } from '../shared/http/schema.js';

export const LicenseFileEntry = z
  .object({
    license_id: z.uuid(),
    activation_id: z.uuid().nullable().meta({ description: 'Activation whose seat the file holds, if it holds one.' }),
    fingerprint: z.string().nullable().meta({ description: 'Device of the file. Null: any, or it was erased.' }),
    kid: z.string().meta({ description: 'Id of the signing key.' }),
    issued_at: UtcTime,
    expires_at: UtcTime,
  })
  .meta({
    id: 'LicenseFileEntry',
    description: 'A license file that was created, without its text, which is not stored.',
  });
export type LicenseFileEntry = z.infer<typeof LicenseFileEntry>;

export const LicenseFilePage = pageOf(LicenseFileEntry).meta({ id: 'LicenseFilePage' });

/** Returns the file of an event `license.checked_out`. */
export function toLicenseFileEntry({ license_id, event_data, created_at }: LicenseEventResponse): LicenseFileEntry {
  const { activation_id, fingerprint, kid, expires_at } = event_data as Partial<LicenseFileEntry>;
  return {
    license_id: license_id ?? '',
    activation_id: activation_id ?? null,
    fingerprint: fingerprint ?? null,
    kid: kid ?? '',
    issued_at: created_at,
    expires_at: expires_at ?? '',
  };
}
