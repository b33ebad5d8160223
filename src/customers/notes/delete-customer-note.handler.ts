import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { CustomerNoteDeletedEvent } from '../events/customer-note.events.js';
import { CustomerNoteNotFoundError } from './customer-note.errors.js';
import { CustomerNoteRepository } from './customer-note.repository.js';
import { toCustomerNoteResponse } from './customer-note.response.js';
import { DeleteCustomerNoteCommand } from './delete-customer-note.command.js';

@CommandHandler(DeleteCustomerNoteCommand)
export class DeleteCustomerNoteHandler implements ICommandHandler<DeleteCustomerNoteCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly notes: CustomerNoteRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: DeleteCustomerNoteCommand) {
    const { actor, customerId, noteId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const note = await this.notes.delete(actor.tenantId, customerId, noteId);
      if (!note) throw new CustomerNoteNotFoundError(noteId);
      transaction.record(new CustomerNoteDeletedEvent(actor, this.clock.now(), note, request.reason));
      return toCustomerNoteResponse(note);
    });
  }
}
