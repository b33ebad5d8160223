import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { DuplicateTemplateRequest } from '../template.requests.js';
import type { TemplateResponse } from '../template.response.js';

/** Throws ValidationError, TemplateNotFoundError, TemplateExistsError, TemplateNameTakenError. */
export class DuplicateTemplateCommand extends TenantCommand<TemplateResponse> {
  static readonly operation = 'templates.duplicate';

  readonly request: DuplicateTemplateRequest;

  constructor(
    actor: Actor,
    readonly templateId: string,
    request: z.input<typeof DuplicateTemplateRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(DuplicateTemplateRequest, request);
  }

  get payload() {
    return { template_id: this.templateId, request: this.request };
  }
}
