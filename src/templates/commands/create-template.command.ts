import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateTemplateRequest } from '../template.requests.js';
import type { TemplateResponse } from '../template.response.js';

/** Throws ValidationError, TemplateExistsError, TemplateNameTakenError, ProductNotFoundError. */
export class CreateTemplateCommand extends TenantCommand<TemplateResponse> {
  static readonly operation = 'templates.create';

  readonly template: CreateTemplateRequest;

  constructor(actor: Actor, template: z.input<typeof CreateTemplateRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.template = validated(CreateTemplateRequest, template);
  }

  get payload() {
    return { request: this.template };
  }
}
