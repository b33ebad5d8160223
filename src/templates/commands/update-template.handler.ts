import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TemplateUpdatedEvent } from '../events/template.events.js';
import { TemplateNotFoundError } from '../template.errors.js';
import { TemplateRepository } from '../template.repository.js';
import { UpdateTemplateCommand } from './update-template.command.js';
import { toTemplateResponse } from '../template.response.js';

@CommandHandler(UpdateTemplateCommand)
export class UpdateTemplateHandler implements ICommandHandler<UpdateTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: TemplateRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: UpdateTemplateCommand) {
    const { actor, templateId } = command;
    const { reason, ...patch } = command.patch;
    return this.unitOfWork.perform(command, async (transaction) => {
      const template = await this.templates.findForUpdate(actor.tenantId, templateId);
      if (!template) throw new TemplateNotFoundError(templateId);
      const now = this.clock.now();
      template.assertVersion(command.options.ifMatch);
      const change = template.update(patch, now);
      if (change) {
        await this.templates.update(template);
        transaction.record(new TemplateUpdatedEvent(actor, now, templateId, change, reason));
      }
      return toTemplateResponse(template);
    });
  }
}
