import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { IssueLicenseRequest, type IssuedLicense } from '../license.dto.js';

/**
 * Issues one license: the same words and the same record as `POST /v1/licenses`.
 * Throws ValidationError, TemplateNotFoundError, TemplateInactiveError, ProductInactiveError, TrialNotAllowedError,
 * TrialAlreadyUsedError.
 */
export class IssueLicenseCommand extends TenantCommand<IssuedLicense> {
  static readonly operation = 'licenses.issue';

  readonly order: IssueLicenseRequest;

  constructor(actor: Actor, order: z.input<typeof IssueLicenseRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.order = validated(IssueLicenseRequest, order);
  }

  get payload() {
    return { request: this.order };
  }
}
