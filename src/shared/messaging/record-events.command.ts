import { Command } from '@nestjs/cqrs';

/**
 * Moves the committed events of one tenant from the outbox into the log, those named and all others, because an event may not
 * enter before an earlier one of its resource, whichever process recorded that. Sent by the saga for what was just committed and by
 * the relay for what a crash left; sending it again is harmless. It carries the events' tenant instead of an actor.
 */
export class RecordEventsCommand extends Command<void> {
  static readonly operation = 'events.record';

  constructor(
    readonly tenantId: string,
    readonly eventIds: readonly string[],
  ) {
    super();
  }

  /** One for each tenant of the events, which stay in their order. */
  static forAll(events: readonly { readonly tenantId: string; readonly id: string }[]): RecordEventsCommand[] {
    const byTenant = new Map<string, string[]>();
    for (const { tenantId, id } of events) {
      const ids = byTenant.get(tenantId);
      if (ids) ids.push(id);
      else byTenant.set(tenantId, [id]);
    }
    return [...byTenant].map(([tenantId, ids]) => new RecordEventsCommand(tenantId, ids));
  }
}
