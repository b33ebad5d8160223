import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { PartnerActionRequest } from '../partner.requests.js';
import { PartnerCommand } from './partner.command.js';

/** Approves a partner, so that its keys work. */
export class ApprovePartnerCommand extends PartnerCommand<typeof PartnerActionRequest> {
  static readonly operation = 'partners.approve';

  constructor(
    actor: Actor,
    partnerId: string,
    request: z.input<typeof PartnerActionRequest>,
    options: CommandOptions = {},
  ) {
    super(PartnerActionRequest, actor, partnerId, request, options);
  }
}
