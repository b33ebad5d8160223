import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { SignInMethod } from '../../shared/access/session-authenticator.js';
import type { EndReason } from '../session.entity.js';

export class SessionStartedEvent extends IntegrationEvent {
  readonly type = 'session.started';
  override readonly isFirst = true;

  constructor(actor: Actor, now: Date, sessionId: string, method: SignInMethod, endsAt: Date) {
    super(
      actor,
      now,
      { resourceType: 'session', resourceId: sessionId },
      { after: { method, ends_at: endsAt.toISOString() } },
    );
  }
}

export class SessionEndedEvent extends IntegrationEvent {
  readonly type = 'session.ended';

  /** `reason` is that of the person who ended the session of somebody. */
  constructor(actor: Actor, now: Date, sessionId: string, endReason: EndReason, reason?: RecordedReason) {
    const data = { end_reason: endReason, ...reasonCode(reason) };
    super(actor, now, { resourceType: 'session', resourceId: sessionId }, data, reasonText(reason));
  }
}
