import { type License } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Usage of a feature in one period, before and after its correction. */
export interface UsageCorrection {
  readonly featureId: string;
  readonly periodStart: Date;
  readonly before: number;
  readonly after: number;
}

export class UsageCorrectedEvent extends IntegrationEvent {
  readonly type = 'license.usage_corrected';

  constructor(
    actor: Actor,
    now: Date,
    license: License,
    { featureId, periodStart, before, after }: UsageCorrection,
    reason: RecordedReason,
  ) {
    super(
      actor,
      now,
      license.eventResource,
      {
        product_id: license.productId,
        feature_id: featureId,
        period_start: periodStart.toISOString(),
        ...reasonCode(reason),
        before: { used: before },
        after: { used: after },
      },
      reasonText(reason),
    );
  }
}
