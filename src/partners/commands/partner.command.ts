import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { PartnerResponse } from '../partner.response.js';

/** Action on an existing partner. Every action throws ValidationError, PartnerNotFoundError, PreconditionFailedError, PartnerStateError. */
export abstract class PartnerCommand<Schema extends z.ZodType> extends TenantCommand<PartnerResponse> {
  readonly request: z.output<Schema>;

  protected constructor(
    schema: Schema,
    actor: Actor,
    readonly partnerId: string,
    request: z.input<Schema>,
    options: CommandOptions,
  ) {
    super(actor, options);
    this.request = validated(schema, request);
  }

  get payload() {
    return { partner_id: this.partnerId, request: this.request };
  }
}
