import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { emailTemplateIdOf } from '../email-template.entity.js';
import { EmailTemplateNotFoundError } from '../email-template.errors.js';
import { EmailTemplateRepository } from '../email-template.repository.js';
import { toEmailTemplateResponse } from '../email-template.response.js';
import { EmailTemplateDeletedEvent } from '../events/email-template.events.js';
import { DeleteEmailTemplateCommand } from './delete-email-template.command.js';

@CommandHandler(DeleteEmailTemplateCommand)
export class DeleteEmailTemplateHandler implements ICommandHandler<DeleteEmailTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: EmailTemplateRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: DeleteEmailTemplateCommand) {
    const { actor, template, language } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const texts = await this.templates.findForUpdate(actor.tenantId, emailTemplateIdOf(template, language));
      if (!texts) throw new EmailTemplateNotFoundError(template, language);
      texts.assertVersion(command.options.ifMatch);
      this.templates.delete(transaction, texts);
      transaction.record(new EmailTemplateDeletedEvent(actor, this.clock.now(), texts));
      return toEmailTemplateResponse(texts);
    });
  }
}
