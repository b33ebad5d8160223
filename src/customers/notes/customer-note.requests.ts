import { z } from 'zod';
import { pageParameters } from '../../shared/http/paging.js';
import { text } from '../../shared/http/schema.js';

export const CreateCustomerNoteRequest = z
  .strictObject({ text: text(10_000).meta({ description: 'Plain text. Erased with the customer.' }) })
  .meta({ id: 'CreateCustomerNoteRequest', examples: [{ text: 'Asked for a quote for 20 seats.' }] });
export type CreateCustomerNoteRequest = z.infer<typeof CreateCustomerNoteRequest>;

export const ListCustomerNotesRequest = z.strictObject(pageParameters);
export type ListCustomerNotesRequest = z.infer<typeof ListCustomerNotesRequest>;
