import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailTemplateName } from '../email-kinds.js';
import type { EmailTemplateResponse } from '../email-template.response.js';

/** Deletes texts of a tenant, so that those of another language or the built-in ones apply. Throws EmailTemplateNotFoundError. */
export class DeleteEmailTemplateCommand extends TenantCommand<EmailTemplateResponse> {
  static readonly operation = 'email-templates.delete';

  constructor(
    actor: Actor,
    readonly template: EmailTemplateName,
    readonly language: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { template: this.template, language: this.language };
  }
}
