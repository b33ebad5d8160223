import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateTemplateRequest } from '../template.requests.js';
import type { TemplateResponse } from '../template.response.js';

/** Throws ValidationError, TemplateNotFoundError, TemplateNameTakenError. */
export class UpdateTemplateCommand extends TenantCommand<TemplateResponse> {
  static readonly operation = 'templates.update';

  readonly patch: UpdateTemplateRequest;

  constructor(
    actor: Actor,
    readonly templateId: string,
    patch: z.input<typeof UpdateTemplateRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.patch = validated(UpdateTemplateRequest, patch);
  }

  get payload() {
    return { template_id: this.templateId, patch: this.patch };
  }
}
