import { Injectable } from '@nestjs/common';
import { Saga, type ICommand, type IEvent } from '@nestjs/cqrs';
import { filter, map, type Observable } from 'rxjs';
import { IntegrationEvent } from '../shared/events/integration-event.js';
import { RecordEventsCommand } from '../shared/events/record-events.command.js';

/** Every integration event, of whichever module, is written to the log. Maps and cannot throw. */
@Injectable()
export class AuditSaga {
  @Saga()
  recordEvents = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      filter((event) => event instanceof IntegrationEvent),
      map((event) => new RecordEventsCommand(event.tenantId, [event.id])),
    );
}
