import { Command } from '@nestjs/cqrs';

/**
 * Moves events of one tenant from the outbox into the log. Sent by the saga for what was just committed and by the relay
 * for what a crash left; sending it again is harmless. It carries the events' tenant instead of an actor.
 */
export class RecordEventsCommand extends Command<void> {
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
