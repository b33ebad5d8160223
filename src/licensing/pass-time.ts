import type { IntegrationEvent } from '../shared/events/integration-event.js';
import { Actor } from '../shared/tenancy/actor.js';
import { dueEvents, type Moment } from './due.js';
import { LicenseRenewedEvent } from './events/license-life.events.js';
import { LicenseExpiredEvent, LicenseGraceEndedEvent, LicenseRenewalDueEvent } from './events/license-time.events.js';
import type { License } from './license.entity.js';

/** Who acts when time does. */
const TIMER = 'license-timer';

/**
 * Does to a license what time did to it since it was last looked at, and says what that was. Asked again at the same time
 * there is nothing left, so whoever writes the license and its events together tells each once.
 */
export function passTime(license: License, now: Date): IntegrationEvent[] {
  if (license.status !== 'ACTIVE') return [];
  const actor = Actor.service(TIMER, license.tenantId);
  const events = dueEvents(license, now).map((moment) => happen(license, moment, actor, now));
  license.lookedAt(now);
  return events;
}

function happen(license: License, { kind, at }: Moment, actor: Actor, now: Date): IntegrationEvent {
  switch (kind) {
    case 'reminder':
      return new LicenseRenewalDueEvent(actor, now, license, at);
    case 'renewal': {
      const change = license.renewItself(now);
      if (!change) throw new Error('A renewal changed nothing.');
      return new LicenseRenewedEvent(actor, now, license, change, { code: 'AUTO_RENEWAL' });
    }
    case 'expiry':
      license.after('expire', now);
      return new LicenseExpiredEvent(actor, now, license, at);
    case 'grace_end':
      return new LicenseGraceEndedEvent(actor, now, license, at);
  }
}
