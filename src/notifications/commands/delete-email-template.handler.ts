import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { EmailTextFinder } from '../composing/email-text-finder.js';
import { LICENSE_KEY } from '../email-kinds.js';
import { emailTemplateIdOf, type EmailTemplate } from '../email-template.entity.js';
import { EmailTemplateNotFoundError } from '../email-template.errors.js';
import { EmailTemplateRepository } from '../email-template.repository.js';
import { toEmailTemplateResponse } from '../email-template.response.js';
import { variablesOfTexts } from '../email-texts.js';
import { EmailTemplateDeletedEvent } from '../events/email-template.events.js';
import { DeleteEmailTemplateCommand } from './delete-email-template.command.js';

@CommandHandler(DeleteEmailTemplateCommand)
export class DeleteEmailTemplateHandler implements ICommandHandler<DeleteEmailTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: EmailTemplateRepository,
    private readonly finder: EmailTextFinder,
    private readonly clock: Clock,
  ) {}

  execute(command: DeleteEmailTemplateCommand) {
    const { actor, template, language, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const texts = await this.templates.findForUpdate(actor.tenantId, emailTemplateIdOf(template, language));
      if (!texts) throw new EmailTemplateNotFoundError(template, language);
      texts.assertVersion(command.options.ifMatch);
      this.templates.delete(transaction, texts);
      await this.assertKeyAllowed(actor, texts);
      transaction.record(new EmailTemplateDeletedEvent(actor, this.clock.now(), texts, request.reason));
      return toEmailTemplateResponse(texts);
    });
  }

  /** The texts that apply from now on may newly name the license key. Throws PermissionDeniedError. */
  private async assertKeyAllowed(
    actor: Actor,
    { tenantId, template, language, ...texts }: EmailTemplate,
  ): Promise<void> {
    if (actor.may('licenses:reveal-key') || variablesOfTexts(template, texts).has(LICENSE_KEY)) return;
    const { texts: others } = await this.finder.find(tenantId, template, language);
    if (variablesOfTexts(template, others).has(LICENSE_KEY)) throw new PermissionDeniedError('licenses:reveal-key');
  }
}
