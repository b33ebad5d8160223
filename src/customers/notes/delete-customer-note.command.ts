import type { Actor } from '../../shared/access/actor.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { CustomerNoteResponse } from './customer-note.response.js';

/** Deletes a note and returns it. Throws CustomerNoteNotFoundError. */
export class DeleteCustomerNoteCommand extends TenantCommand<CustomerNoteResponse> {
  static readonly operation = 'customer-notes.delete';

  constructor(
    actor: Actor,
    readonly customerId: string,
    readonly noteId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { customer_id: this.customerId, note_id: this.noteId };
  }
}
