import { Command } from '@nestjs/cqrs';
import { groupBy } from '../group-by.js';

/**
 * Moves all committed events of a tenant, not only those named, from the outbox into the event log: an event must not enter before an
 * earlier one of its resource. Sent by the saga after a commit and by the relay after a crash; repeating it is harmless.
 */
export class RecordEventsCommand extends Command<void> {
  static readonly operation = 'events.record';

  constructor(
    readonly tenantId: string,
    readonly eventIds: readonly string[],
  ) {
    super();
  }

  /** Returns one command per tenant, with the events in their given order. */
  static forAll(events: readonly { readonly tenantId: string; readonly id: string }[]): RecordEventsCommand[] {
    const byTenant = groupBy(events, ({ tenantId }) => tenantId);
    const idsOf = (ofTenant: readonly { readonly id: string }[]) => ofTenant.map(({ id }) => id);
    return [...byTenant].map(([tenantId, ofTenant]) => new RecordEventsCommand(tenantId, idsOf(ofTenant)));
  }
}
