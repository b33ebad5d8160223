import type { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { CustomerNoteResponse } from './customer-note.response.js';

/** Deletes a note and returns it. Throws ValidationError, CustomerNoteNotFoundError. */
export class DeleteCustomerNoteCommand extends TenantCommand<CustomerNoteResponse> {
  static readonly operation = 'customer-notes.delete';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly customerId: string,
    readonly noteId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { customer_id: this.customerId, note_id: this.noteId, ...this.request };
  }
}
