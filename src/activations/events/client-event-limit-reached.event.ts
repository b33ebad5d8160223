import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';

/** Treatment of further events of the type: refusals are not recorded one by one, changes are refused. */
export type LimitEffect = 'NOT_RECORDED' | 'REFUSED';

export interface ReachedLimit {
  readonly eventType: string;
  readonly allowed: number;
  readonly effect: LimitEffect;
  readonly until: Date;
}

/** Programs with the license key have recorded the maximum number of events of one type. Recorded once per hour. */
export class ClientEventLimitReachedEvent extends IntegrationEvent {
  readonly type = 'license.event_limit_reached';

  constructor(actor: Actor, now: Date, licenseId: string, { eventType, allowed, effect, until }: ReachedLimit) {
    super(
      actor,
      now,
      { resourceType: 'license', resourceId: licenseId, licenseId },
      { event_type: eventType, limit: allowed, effect, until: until.toISOString() },
    );
  }
}
