import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdatePartnerRequest } from '../partner.requests.js';
import { PartnerCommand } from './partner.command.js';

/** Updates a partner. Its status is changed by actions alone. */
export class UpdatePartnerCommand extends PartnerCommand<typeof UpdatePartnerRequest> {
  static readonly operation = 'partners.update';

  constructor(
    actor: Actor,
    partnerId: string,
    request: z.input<typeof UpdatePartnerRequest>,
    options: CommandOptions = {},
  ) {
    super(UpdatePartnerRequest, actor, partnerId, request, options);
  }
}
