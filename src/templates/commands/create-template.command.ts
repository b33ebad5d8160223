import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { CreateTemplateRequest, type TemplateResponse } from '../template.dto.js';

/** Throws ValidationError, TemplateExistsError, TemplateNameTakenError, ProductNotFoundError. */
export class CreateTemplateCommand extends Command<TemplateResponse> {
  readonly template: CreateTemplateRequest;

  constructor(
    readonly actor: Actor,
    template: z.input<typeof CreateTemplateRequest>,
  ) {
    super();
    this.template = validated(CreateTemplateRequest, template);
  }
}
