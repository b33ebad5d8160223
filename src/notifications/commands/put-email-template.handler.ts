import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { lockTenant } from '../../shared/persistence/tenant-lock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { EmailTextFinder } from '../composing/email-text-finder.js';
import { assertTexts, variablesOfTexts } from '../email-texts.js';
import { LICENSE_KEY } from '../email-kinds.js';
import { EmailTemplate, emailTemplateIdOf } from '../email-template.entity.js';
import { EmailTemplateRepository } from '../email-template.repository.js';
import { toEmailTemplateResponse } from '../email-template.response.js';
import { EmailTemplateUpdatedEvent } from '../events/email-template.events.js';
import { PutEmailTemplateCommand } from './put-email-template.command.js';

@CommandHandler(PutEmailTemplateCommand)
export class PutEmailTemplateHandler implements ICommandHandler<PutEmailTemplateCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: EmailTemplateRepository,
    private readonly finder: EmailTextFinder,
    private readonly clock: Clock,
  ) {}

  execute(command: PutEmailTemplateCommand) {
    const { actor, template, language, texts, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      assertTexts(template, texts);
      // Two requests at once would both find that there are no texts yet.
      await lockTenant(transaction);
      const namesKey = variablesOfTexts(template, texts).has(LICENSE_KEY);
      if (namesKey && !actor.may('licenses:reveal-key')) {
        const { texts: present } = await this.finder.find(actor.tenantId, template, language);
        if (!variablesOfTexts(template, present).has(LICENSE_KEY))
          throw new PermissionDeniedError('licenses:reveal-key');
      }
      const existing = await this.templates.findForUpdate(actor.tenantId, emailTemplateIdOf(template, language));
      const now = this.clock.now();
      existing?.assertVersion(options.ifMatch);
      const saved = existing ?? EmailTemplate.create(actor.tenantId, template, language, texts, now);
      const isChanged = existing === null || existing.replace(texts, now);
      if (existing === null) await this.templates.insert(saved);
      else if (isChanged) await this.templates.update(saved);
      if (isChanged) transaction.record(new EmailTemplateUpdatedEvent(actor, now, saved));
      return toEmailTemplateResponse(saved);
    });
  }
}
