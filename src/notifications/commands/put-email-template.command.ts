import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailTemplateName } from '../email-kinds.js';
import { PutEmailTemplateRequest } from '../email-template.requests.js';
import type { EmailTemplateResponse } from '../email-template.response.js';

/**
 * Creates or replaces the texts of a tenant. Texts that name the license key, where the present ones do not, need `licenses:reveal-key`. Throws
 * ValidationError, PermissionDeniedError, PreconditionFailedError.
 */
export class PutEmailTemplateCommand extends TenantCommand<EmailTemplateResponse> {
  static readonly operation = 'email-templates.put';

  readonly texts: PutEmailTemplateRequest;

  constructor(
    actor: Actor,
    readonly template: EmailTemplateName,
    readonly language: string,
    texts: z.input<typeof PutEmailTemplateRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.texts = validated(PutEmailTemplateRequest, texts);
  }

  get payload() {
    return { template: this.template, language: this.language, texts: this.texts };
  }
}
