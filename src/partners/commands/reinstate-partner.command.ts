import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { PartnerActionRequest } from '../partner.requests.js';
import { PartnerCommand } from './partner.command.js';

/** Reinstates a suspended partner. Its licenses stay as they are. */
export class ReinstatePartnerCommand extends PartnerCommand<typeof PartnerActionRequest> {
  static readonly operation = 'partners.reinstate';

  constructor(
    actor: Actor,
    partnerId: string,
    request: z.input<typeof PartnerActionRequest>,
    options: CommandOptions = {},
  ) {
    super(PartnerActionRequest, actor, partnerId, request, options);
  }
}
