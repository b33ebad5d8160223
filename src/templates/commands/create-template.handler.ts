import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TemplateCreatedEvent } from '../events/template.events.js';
import { Template } from '../template.entity.js';
import { TemplateRepository } from '../template.repository.js';
import { CreateTemplateCommand } from './create-template.command.js';
import { toTemplateResponse } from '../template.response.js';

@CommandHandler(CreateTemplateCommand)
export class CreateTemplateHandler implements ICommandHandler<CreateTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: TemplateRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateTemplateCommand) {
    const { actor, template: input } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const template = Template.create(actor.tenantId, input, now);
      await this.templates.insert(template);
      transaction.record(new TemplateCreatedEvent(actor, now, template.templateId, template.snapshot()));
      return toTemplateResponse(template);
    });
  }
}
