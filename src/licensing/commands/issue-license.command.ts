import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { CommandOptions } from '../../shared/command-options.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { IssueLicenseRequest, type IssuedLicense } from '../license.dto.js';

/**
 * Issues one license: the same words and the same record as `POST /v1/licenses`.
 * Throws ValidationError, TemplateNotFoundError, TemplateInactiveError, ProductInactiveError.
 */
export class IssueLicenseCommand extends Command<IssuedLicense> {
  readonly order: IssueLicenseRequest;

  constructor(
    readonly actor: Actor,
    order: z.input<typeof IssueLicenseRequest>,
    readonly options: CommandOptions = {},
  ) {
    super();
    this.order = validated(IssueLicenseRequest, order);
  }
}
