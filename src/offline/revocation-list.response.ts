import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import type { PublishedList } from './revocation-list.repository.js';

export const RevocationListResponse = z
  .object({
    number: z.int().meta({ description: 'Increases when the list changes.' }),
    issued_at: UtcTime,
    next_update: UtcTime.meta({ description: 'Time by which a newer list is published.' }),
    revocation_list: z.string().meta({ description: 'The signed list; see docs/license-file.md.' }),
  })
  .meta({
    id: 'RevocationList',
    description:
      'The signed revocation list. It contains a revocation, suspension or reinstatement within three seconds; within 30 seconds more (REVOCATION_LIST_INTERVAL_MS) if the server process stopped after the change.',
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
