import { Injectable } from '@nestjs/common';
import { Saga, type ICommand, type IEvent } from '@nestjs/cqrs';
import { asapScheduler, auditTime, buffer, filter, mergeMap, type Observable } from 'rxjs';
import { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { RecordEventsCommand } from '../shared/messaging/record-events.command.js';

/** Records every integration event, of any module, in the event log. A saga that throws ends the stream, so this one only maps. */
@Injectable()
export class AuditSaga {
  @Saga()
  recordEvents = (events: Observable<IEvent>): Observable<ICommand> => {
    const integration = events.pipe(filter((event) => event instanceof IntegrationEvent));
    return integration.pipe(
      // One command per tenant covers all events that are published in one turn, because each command costs the bus the same.
      buffer(integration.pipe(auditTime(0, asapScheduler))),
      mergeMap((together) => RecordEventsCommand.forAll(together)),
    );
  };
}
