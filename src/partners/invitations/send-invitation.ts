import type { CommandBus } from '@nestjs/cqrs';
import { SendEmailCommand } from '../../notifications/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { PartnerInvitation } from './invitation.entity.js';

/** Queues the e-mail that brings the invitation, to the address of the partner or another one, in the open unit of work. Returns the id of the message. Throws as SendEmailCommand. */
export async function sendInvitation(
  commands: CommandBus,
  actor: Actor,
  { invitationId, partnerId }: PartnerInvitation,
  to: string | undefined,
): Promise<string> {
  const message = { template: 'partner_welcome', partner_id: partnerId, to } as const;
  return (await commands.execute(new SendEmailCommand(actor, message, { invitationId }))).email_message_id;
}
