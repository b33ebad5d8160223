import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailTemplateName } from '../email-kinds.js';
import type { EmailTemplateResponse } from '../email-template.response.js';

/** Deletes texts of a tenant, so that those of another language or the built-in ones apply. Throws ValidationError, EmailTemplateNotFoundError. */
export class DeleteEmailTemplateCommand extends TenantCommand<EmailTemplateResponse> {
  static readonly operation = 'email-templates.delete';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly template: EmailTemplateName,
    readonly language: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { template: this.template, language: this.language, ...this.request };
  }
}
