import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import type { PublishedList } from './revocation-list.repository.js';

export const RevocationListResponse = z
  .object({
    number: z.int().meta({ description: 'Rises by one with each list that differs from the one before.' }),
    issued_at: UtcTime,
    next_update: UtcTime.meta({ description: 'There is a later list by then; this one is good no longer.' }),
    revocation_list: z.string().meta({ description: 'The signed list; see docs/license-file.md.' }),
  })
  .meta({
    id: 'RevocationList',
    description:
      'A revocation, suspension or reinstatement is in the list within three seconds: lists are signed at most once a second, and may be cached for a second. Within 30 seconds more (REVOCATION_LIST_INTERVAL_MS) where the server process that made the change stopped.',
  });
export type RevocationListResponse = z.infer<typeof RevocationListResponse>;

export function toRevocationListResponse(list: PublishedList): RevocationListResponse {
  return {
    number: list.number,
    issued_at: list.issuedAt.toISOString(),
    next_update: list.expiresAt.toISOString(),
    revocation_list: list.signedText,
  };
}
