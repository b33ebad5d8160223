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
}
