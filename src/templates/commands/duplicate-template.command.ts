import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { DuplicateTemplateRequest, type TemplateResponse } from '../template.dto.js';

/** Throws ValidationError, TemplateNotFoundError, TemplateExistsError, TemplateNameTakenError. */
export class DuplicateTemplateCommand extends Command<TemplateResponse> {
  readonly request: DuplicateTemplateRequest;

  constructor(
    readonly actor: Actor,
    readonly templateId: string,
    request: z.input<typeof DuplicateTemplateRequest>,
  ) {
    super();
    this.request = validated(DuplicateTemplateRequest, request);
  }
}
