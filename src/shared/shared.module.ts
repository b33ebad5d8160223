import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Idempotency } from './events/idempotency.js';
import { IdempotencySweeper } from './events/idempotency.sweeper.js';
import { Outbox } from './events/outbox.js';
import { Relay } from './events/relay.js';
import { UnitOfWork } from './events/unit-of-work.js';
import { FailureLimit } from './limits/failure-limit.js';
import { RateCounter } from './limits/rate-counter.js';

/** What every module stands on. */
@Global()
@Module({
  providers: [Clock, Idempotency, IdempotencySweeper, UnitOfWork, Outbox, Relay, RateCounter, FailureLimit],
  exports: [Clock, Idempotency, UnitOfWork, Outbox, RateCounter, FailureLimit],
})
export class SharedModule {}
