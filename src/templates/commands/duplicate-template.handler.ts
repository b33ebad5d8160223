import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TemplateCreatedEvent } from '../events/template.events.js';
import { TemplateNotFoundError } from '../template.errors.js';
import { TemplateRepository } from '../template.repository.js';
import { DuplicateTemplateCommand } from './duplicate-template.command.js';
import { toTemplateResponse } from '../template.response.js';

@CommandHandler(DuplicateTemplateCommand)
export class DuplicateTemplateHandler implements ICommandHandler<DuplicateTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: TemplateRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: DuplicateTemplateCommand) {
    const { actor, templateId, request } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const original = await this.templates.find(actor.tenantId, templateId);
      if (!original) throw new TemplateNotFoundError(templateId);
      original.assertVersion(command.options.ifMatch);
      const copy = original.duplicate(request, now);
      await this.templates.insert(copy);
      transaction.record(new TemplateCreatedEvent(actor, now, copy.templateId, copy.snapshot(), templateId));
      return toTemplateResponse(copy);
    });
  }
}
