import { Module } from '@nestjs/common';
import { AuditSaga } from './audit.saga.js';
import { RecordEventsHandler } from './commands/record-events.handler.js';
import { EventLog } from './event-log.js';
import { LicenseEventsController } from './license-events.controller.js';
import { FollowEventsHandler } from './queries/follow-events.handler.js';
import { ListEventsHandler } from './queries/list-events.handler.js';
import { ListPastEventsHandler } from './queries/list-past-events.handler.js';

@Module({
  controllers: [LicenseEventsController],
  providers: [AuditSaga, EventLog, RecordEventsHandler, FollowEventsHandler, ListEventsHandler, ListPastEventsHandler],
})
export class AuditModule {}
