import { z } from 'zod';
import { deviceFields } from '../activations/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { Limit } from '../shared/http/paging.js';
import { text } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { MAX_VALIDITY_MS } from '../signing/index.js';
import { ActionReason } from '../shared/http/action-reason.js';

const MAX_TTL_S = MAX_VALIDITY_MS / 1000;
const DEFAULT_TTL_S = 30 * 24 * 60 * 60;
const MIN_TTL_S = 60;

export const checkOutFields = {
  ...deviceFields,
  fingerprint: deviceFields.fingerprint.optional().meta({
    description:
      'The only device that the license file is for; absent: any. Required if the license counts seats, of which the file holds one until it expires, and while a device of the license is blocked.',
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

export const ListLicenseFilesRequest = z.strictObject({
  limit: Limit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a cursor of this list')
    .optional()
    .meta({ description: '`next_cursor` of the previous page.' }),
});
export type ListLicenseFilesRequest = z.infer<typeof ListLicenseFilesRequest>;
