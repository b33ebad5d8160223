import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Idempotency } from './events/idempotency.js';
import { IdempotencySweeper } from './events/idempotency.sweeper.js';
import { Outbox } from './events/outbox.js';
import { Relay } from './events/relay.js';
import { UnitOfWork } from './events/unit-of-work.js';

/** What every module stands on. */
@Global()
@Module({
  providers: [Clock, Idempotency, IdempotencySweeper, UnitOfWork, Outbox, Relay],
  exports: [Clock, UnitOfWork, Outbox],
})
export class SharedModule {}
