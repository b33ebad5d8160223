import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { UpdateTemplateRequest, type TemplateResponse } from '../template.dto.js';

/** Throws ValidationError, TemplateNotFoundError, TemplateNameTakenError. */
export class UpdateTemplateCommand extends Command<TemplateResponse> {
  readonly patch: UpdateTemplateRequest;

  constructor(
    readonly actor: Actor,
    readonly templateId: string,
    patch: z.input<typeof UpdateTemplateRequest>,
  ) {
    super();
    this.patch = validated(UpdateTemplateRequest, patch);
  }
}
