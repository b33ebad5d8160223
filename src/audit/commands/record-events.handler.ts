import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { RecordEventsCommand } from '../../shared/messaging/record-events.command.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Metrics } from '../../shared/metrics.js';
import { EventRecorder } from '../event-recorder.js';

@CommandHandler(RecordEventsCommand)
export class RecordEventsHandler implements ICommandHandler<RecordEventsCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly recorder: EventRecorder,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  async execute({ tenantId, eventIds }: RecordEventsCommand): Promise<void> {
    // The move is shared with other callers' events, so a unit of work that may be rolled back cannot contain it.
    if (this.unitOfWork.isOpen) throw new Error('Events are recorded after the unit of work, not in it.');
    await this.recorder.record(tenantId);
    const now = this.clock.now().getTime();
    // The time of an id may be some milliseconds ahead of the clock; see newId.
    for (const id of eventIds) this.metrics.auditLagSeconds.observe(Math.max(0, now - occurredAt(id)) / 1000);
  }
}

/** Returns the time of an event in ms. An event id is a UUID v7 and begins with the millisecond of its creation. */
function occurredAt(eventId: string): number {
  return Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16);
}
