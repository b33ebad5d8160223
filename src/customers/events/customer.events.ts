import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';

/** Personal fields. Metadata is free-form, so it may contain personal data too. */
const PERSONAL = ['first_name', 'last_name', 'email', 'company_name', 'metadata'];

export class CustomerCreatedEvent extends IntegrationEvent {
  readonly type = 'customer.created';

  constructor(actor: Actor, now: Date, customerId: string, after: JsonObject) {
    const about = { resourceType: 'customer', resourceId: customerId };
    super(actor, now, about, { after: omit(after, PERSONAL) }, { after: pick(after, PERSONAL) });
  }
}

export class CustomerUpdatedEvent extends IntegrationEvent {
  readonly type = 'customer.updated';

  constructor(actor: Actor, now: Date, customerId: string, { before, after }: Change) {
    super(
      actor,
      now,
      { resourceType: 'customer', resourceId: customerId },
      { before: omit(before, PERSONAL), after: omit(after, PERSONAL) },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL) },
    );
  }
}
