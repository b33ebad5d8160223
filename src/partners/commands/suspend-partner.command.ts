import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { SuspendPartnerRequest } from '../partner.requests.js';
import { PartnerCommand } from './partner.command.js';

/** Suspends a partner: its keys are refused at once, and its licenses follow as requested. */
export class SuspendPartnerCommand extends PartnerCommand<typeof SuspendPartnerRequest> {
  static readonly operation = 'partners.suspend';

  constructor(
    actor: Actor,
    partnerId: string,
    request: z.input<typeof SuspendPartnerRequest>,
    options: CommandOptions = {},
  ) {
    super(SuspendPartnerRequest, actor, partnerId, request, options);
  }
}
