import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';
import type { Customer } from '../customer.entity.js';

/** Personal fields. Metadata is free-form, so it may contain personal data too. */
const PERSONAL = ['first_name', 'last_name', 'email', 'company_name', 'metadata'];

type Identity = Pick<Customer, 'customerId' | 'partnerId'>;

function customerResource({ customerId, partnerId }: Identity) {
  return { resourceType: 'customer', resourceId: customerId, partnerId };
}

export class CustomerCreatedEvent extends IntegrationEvent {
  readonly type = 'customer.created';

  constructor(actor: Actor, now: Date, customer: Identity, after: JsonObject) {
    super(actor, now, customerResource(customer), { after: omit(after, PERSONAL) }, { after: pick(after, PERSONAL) });
  }
}

export class CustomerUpdatedEvent extends IntegrationEvent {
  readonly type = 'customer.updated';

  constructor(actor: Actor, now: Date, customer: Identity, { before, after }: Change, reason?: RecordedReason) {
    super(
      actor,
      now,
      customerResource(customer),
      { ...reasonCode(reason), before: omit(before, PERSONAL), after: omit(after, PERSONAL) },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL), ...reasonText(reason) },
    );
  }
}
