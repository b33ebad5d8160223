import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';

/** Search of a person for licenses: by what, and which were shown. The value that was searched for may be a secret, or personal. */
export class LicensesFoundEvent extends IntegrationEvent {
  readonly type = 'license.found';

  constructor(actor: Actor, now: Date, by: string, licenses: readonly License[]) {
    super(
      actor,
      now,
      { resourceType: 'tenant', resourceId: actor.tenantId },
      {
        by,
        license_ids: licenses.map(({ licenseId }) => licenseId),
      },
    );
  }
}
