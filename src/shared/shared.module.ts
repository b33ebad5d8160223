import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { DatabaseClock } from './database-clock.js';
import { CommandObserver } from './events/command-observer.js';
import { Idempotency } from './events/idempotency.js';
import { IdempotencySweeper } from './events/idempotency.sweeper.js';
import { Outbox } from './events/outbox.js';
import { OutboxRelay } from './events/relay.js';
import { UnitOfWork } from './events/unit-of-work.js';
import { BatchSlots } from './http/batch-slots.js';
import { ExportRegistry } from './http/exports.js';
import { Paginator } from './http/paginator.js';
import { AddressLimit } from './limits/address-limit.js';
import { AuthFailureLimit } from './limits/failure-limit.js';
import { RateCounter } from './limits/rate-counter.js';
import { Metrics } from './metrics/metrics.js';
import { ProcessClock } from './process-clock.js';

/** What every module stands on. */
@Global()
@Module({
  providers: [
    ProcessClock,
    DatabaseClock,
    Clock,
    Metrics,
    CommandObserver,
    Idempotency,
    IdempotencySweeper,
    UnitOfWork,
    Outbox,
    OutboxRelay,
    RateCounter,
    AuthFailureLimit,
    BatchSlots,
    ExportRegistry,
    Paginator,
    AddressLimit,
  ],
  exports: [
    Clock,
    DatabaseClock,
    Metrics,
    Idempotency,
    UnitOfWork,
    Outbox,
    RateCounter,
    AuthFailureLimit,
    AddressLimit,
    BatchSlots,
    ExportRegistry,
    Paginator,
  ],
})
export class SharedModule {}
