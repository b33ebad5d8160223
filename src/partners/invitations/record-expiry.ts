import { Actor } from '../../shared/access/actor.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { PartnerInvitationExpiredEvent } from '../events/invitation.events.js';
import type { PartnerInvitation } from './invitation.entity.js';

/** Actor of what happens to partners by time. */
export const UPKEEP_SERVICE = 'partner-upkeep';

/** Records that a locked invitation has expired, once. The caller stores the invitation. */
export function recordExpiry(transaction: Transaction, invitation: PartnerInvitation, now: Date): void {
  if (!invitation.noteExpiry(now)) return;
  const actor = Actor.service(UPKEEP_SERVICE, invitation.tenantId);
  transaction.record(new PartnerInvitationExpiredEvent(actor, now, invitation));
}
