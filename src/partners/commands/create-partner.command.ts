import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreatePartnerRequest } from '../partner.requests.js';
import type { PartnerResponse } from '../partner.response.js';

export interface CreatePartnerOptions extends CommandOptions {
  /** Id that public documents contain; for sample data only. */
  readonly partnerId?: string;
}

/** Creates a partner, which is PENDING until it is approved. Throws ValidationError. */
export class CreatePartnerCommand extends TenantCommand<PartnerResponse> {
  static readonly operation = 'partners.create';

  readonly partner: CreatePartnerRequest;

  constructor(
    actor: Actor,
    partner: z.input<typeof CreatePartnerRequest>,
    override readonly options: CreatePartnerOptions = {},
  ) {
    super(actor, options);
    this.partner = validated(CreatePartnerRequest, partner);
  }

  get payload() {
    return { request: this.partner };
  }
}
