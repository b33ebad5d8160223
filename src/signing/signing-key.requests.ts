import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { pageParameters } from '../shared/http/paging.js';

/** Key id: 32 bytes in base64url. */
export const Kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the 43 characters of a key id');

export const EndSigningKeyRequest = z
  .strictObject({
    force: z.boolean().default(false).meta({
      description: 'Also end the active key. Nothing can be signed until another key is activated.',
    }),
    reason: ActionReason.optional(),
  })
  .prefault({})
  .meta({
    id: 'EndSigningKeyRequest',
    examples: [{ force: true, reason: { code: 'OTHER', text: 'Copied by a former employee' } }],
  });
export type EndSigningKeyRequest = z.infer<typeof EndSigningKeyRequest>;

export const ListSigningKeysRequest = z.strictObject(pageParameters);
export type ListSigningKeysRequest = z.infer<typeof ListSigningKeysRequest>;
