import { Global, Module } from '@nestjs/common';
import { Clock } from './time/clock.js';
import { DatabaseClock } from './time/database-clock.js';
import { CommandObserver } from './messaging/command-observer.js';
import { Idempotency } from './persistence/idempotency.js';
import { IdempotencySweeper } from './persistence/idempotency.sweeper.js';
import { Outbox } from './messaging/outbox.js';
import { OutboxRelay } from './messaging/outbox-relay.js';
import { UnitOfWork } from './persistence/unit-of-work.js';
import { BatchSlots } from './http/batch-slots.js';
import { ExportRegistry } from './http/streams/exports.js';
import { Paginator } from './http/paginator.js';
import { UnknownKeyLimit } from './limits/unknown-key-limit.js';
import { AddressLimit } from './limits/address-limit.js';
import { AuthFailureLimit } from './limits/auth-failure-limit.js';
import { RateCounter } from './limits/rate-counter.js';
import { Metrics } from './metrics.js';
import { TenantSweeper } from './timers/tenant-sweeper.js';
import { ProcessClock } from './time/process-clock.js';

/** Services that every module uses. */
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
    TenantSweeper,
    Outbox,
    OutboxRelay,
    RateCounter,
    AuthFailureLimit,
    BatchSlots,
    ExportRegistry,
    Paginator,
    AddressLimit,
    UnknownKeyLimit,
  ],
  exports: [
    Clock,
    DatabaseClock,
    Metrics,
    Idempotency,
    UnitOfWork,
    TenantSweeper,
    Outbox,
    RateCounter,
    AuthFailureLimit,
    AddressLimit,
    UnknownKeyLimit,
    BatchSlots,
    ExportRegistry,
    Paginator,
  ],
})
export class SharedModule {}
