import { z } from 'zod';
import { pageOf } from '../../shared/http/paging.js';
import { ActorType, UtcTime } from '../../shared/http/schema.js';
import type { CustomerNote } from './customer-note.entity.js';

export const CustomerNoteResponse = z
  .object({
    note_id: z.uuid(),
    tenant_id: z.string(),
    customer_id: z.string(),
    text: z.string(),
    author_type: ActorType,
    author_id: z.string().meta({ description: 'Id of the API key, or of the user: `sub` of the token.' }),
    created_at: UtcTime,
  })
  .meta({ id: 'CustomerNote', description: 'The note.' });
export type CustomerNoteResponse = z.infer<typeof CustomerNoteResponse>;

export const CustomerNotePage = pageOf(CustomerNoteResponse).meta({ id: 'CustomerNotePage' });
export type CustomerNotePage = z.infer<typeof CustomerNotePage>;

export function toCustomerNoteResponse(note: CustomerNote): CustomerNoteResponse {
  return {
    note_id: note.noteId,
    tenant_id: note.tenantId,
    customer_id: note.customerId,
    text: note.text,
    author_type: note.author.type,
    author_id: note.author.id,
    created_at: note.createdAt.toISOString(),
  };
}
