import type { z } from 'zod';
import type { Actor } from '../../shared/access/actor.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { CreateCustomerNoteRequest } from './customer-note.requests.js';
import type { CustomerNoteResponse } from './customer-note.response.js';

export interface CustomerNoteOptions extends CommandOptions {
  /** Only for sample data, whose id is in public documents. */
  readonly noteId?: string;
}

/** Adds a note to a customer, by the actor. Throws ValidationError, CustomerNotFoundError. */
export class CreateCustomerNoteCommand extends TenantCommand<CustomerNoteResponse> {
  static readonly operation = 'customer-notes.create';

  readonly request: CreateCustomerNoteRequest;

  constructor(
    actor: Actor,
    readonly customerId: string,
    request: z.input<typeof CreateCustomerNoteRequest>,
    override readonly options: CustomerNoteOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateCustomerNoteRequest, request);
  }

  get payload() {
    return { customer_id: this.customerId, request: this.request };
  }
}
