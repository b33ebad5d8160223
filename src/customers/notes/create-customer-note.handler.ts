import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { CustomerNoteAddedEvent } from '../events/customer-note.events.js';
import { CreateCustomerNoteCommand } from './create-customer-note.command.js';
import { CustomerNote } from './customer-note.entity.js';
import { CustomerNoteRepository } from './customer-note.repository.js';
import { toCustomerNoteResponse } from './customer-note.response.js';

@CommandHandler(CreateCustomerNoteCommand)
export class CreateCustomerNoteHandler implements ICommandHandler<CreateCustomerNoteCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly notes: CustomerNoteRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateCustomerNoteCommand) {
    const { actor, customerId, request, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      if (!(await this.customers.find(actor.tenantId, customerId))) throw new CustomerNotFoundError(customerId);
      const now = this.clock.now();
      const note = CustomerNote.create(actor, customerId, request.text, now);
      note.noteId = options.noteId ?? note.noteId;
      await this.notes.insert(note);
      transaction.record(new CustomerNoteAddedEvent(actor, now, note));
      return toCustomerNoteResponse(note);
    });
  }
}
