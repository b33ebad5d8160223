import { z } from 'zod';
import { pageParameters } from '../shared/http/paging.js';

/** Key id: 32 bytes in base64url. */
export const Kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the 43 characters of a key id');

export const EndSigningKeyRequest = z
  .strictObject({
    force: z.boolean().default(false).meta({
      description: 'Also end the active key. Nothing can be signed until another key is activated.',
    }),
  })
  .prefault({})
  .meta({ id: 'EndSigningKeyRequest', examples: [{ force: true }] });
export type EndSigningKeyRequest = z.infer<typeof EndSigningKeyRequest>;

export const ListSigningKeysRequest = z.strictObject(pageParameters);
export type ListSigningKeysRequest = z.infer<typeof ListSigningKeysRequest>;
