import { Injectable } from '@nestjs/common';
import { Saga, type ICommand, type IEvent } from '@nestjs/cqrs';
import { asapScheduler, auditTime, buffer, filter, mergeMap, type Observable } from 'rxjs';
import { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { RecordEventsCommand } from '../shared/messaging/record-events.command.js';

/** Every integration event, of whichever module, is written to the log. Maps and cannot throw. */
@Injectable()
export class AuditSaga {
  @Saga()
  recordEvents = (events: Observable<IEvent>): Observable<ICommand> => {
    const integration = events.pipe(filter((event) => event instanceof IntegrationEvent));
    return integration.pipe(
      // What is published at once is one command a tenant: the bus costs as much for each as for one.
      buffer(integration.pipe(auditTime(0, asapScheduler))),
      mergeMap((together) => RecordEventsCommand.forAll(together)),
    );
  };
}
