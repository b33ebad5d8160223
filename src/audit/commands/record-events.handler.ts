import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RecordEventsCommand } from '../../shared/events/record-events.command.js';
import { EventRecorder } from '../event-recorder.js';

@CommandHandler(RecordEventsCommand)
export class RecordEventsHandler implements ICommandHandler<RecordEventsCommand> {
  constructor(private readonly recorder: EventRecorder) {}

  execute({ tenantId, eventIds }: RecordEventsCommand): Promise<void> {
    return this.recorder.record(tenantId, eventIds);
  }
}
