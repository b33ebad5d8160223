import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { Actor } from '../../shared/access/actor.js';
import { dueMilestones, type Milestone } from '../license-milestones.js';
import { LicenseRenewedEvent, LicenseStartedEvent } from '../events/license-action.events.js';
import { LicenseExpiredEvent, LicenseGraceEndedEvent, LicenseRenewalDueEvent } from '../events/license-timer.events.js';
import type { License } from '../license.entity.js';

/** Actor of the events that milestones cause. */
const TIMER_SERVICE = 'license-timer';

/**
 * Applies the milestones that passed and returns their events. A second call at the same time returns none, so writing the license and its
 * events in one transaction records each event once.
 */
export function applyDueMilestones(license: License, now: Date): IntegrationEvent[] {
  if (license.status !== 'ACTIVE') return [];
  const actor = Actor.service(TIMER_SERVICE, license.tenantId);
  const events = dueMilestones(license, now).map((milestone) => applyMilestone(license, milestone, actor, now));
  license.scheduleNext(now);
  return events;
}

function applyMilestone(license: License, { kind, at }: Milestone, actor: Actor, now: Date): IntegrationEvent {
  switch (kind) {
    case 'start':
      return LicenseStartedEvent.atTime(actor, now, license, at);
    case 'reminder':
      return new LicenseRenewalDueEvent(actor, now, license, at);
    case 'renewal': {
      const change = license.applyAutoRenewal(now);
      if (!change) throw new Error('A renewal changed nothing.');
      return new LicenseRenewedEvent(actor, now, license, change, { code: 'AUTO_RENEWAL' });
    }
    case 'expiry':
      license.assertCan('expire', now);
      return new LicenseExpiredEvent(actor, now, license, at);
    case 'grace_end':
      return new LicenseGraceEndedEvent(actor, now, license, at);
  }
}
