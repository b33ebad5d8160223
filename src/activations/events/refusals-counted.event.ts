import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';

/** Refusals of one code in an hour, from `since` to `until`. */
export interface CountedRefusals {
  readonly code: string;
  readonly count: number;
  readonly since: Date;
  readonly until: Date;
}

/** Number of refusals of programs that have no event of their own, because the license key had recorded as many as it may in the hour. */
export class RefusalsCountedEvent extends IntegrationEvent {
  readonly type = 'license.refusals_counted';

  constructor(
    actor: Actor,
    now: Date,
    { licenseId, partnerId }: { readonly licenseId: string; readonly partnerId?: string | null | undefined },
    { code, count, since, until }: CountedRefusals,
  ) {
    super(
      actor,
      now,
      { resourceType: 'license', resourceId: licenseId, licenseId, partnerId: partnerId ?? null },
      { code, count, since: since.toISOString(), until: until.toISOString() },
    );
  }
}
