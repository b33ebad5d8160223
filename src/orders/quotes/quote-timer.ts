import { Injectable } from '@nestjs/common';
import { Actor } from '../../shared/access/actor.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { TenantSweeper } from '../../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../../shared/timers/tenant-timer.js';
import { QuoteExpiredEvent } from '../events/quote.events.js';
import { DUE_QUOTES, QuoteRepository } from './quote.repository.js';

const INTERVAL_MS = 10 * 60 * 1000;
const CHUNK_SIZE = 100;
/** Actor of the events. */
const TIMER_SERVICE = 'quote-timer';

/**
 * Stores that quotes have expired, with their events: a quote that another process has locked is skipped. A quote is
 * EXPIRED from its date on, whether the timer has come by or not.
 */
@Injectable()
export class QuoteTimer extends TenantTimer {
  protected readonly due = [DUE_QUOTES('tenant.tenant_id', '$1')];

  constructor(
    sweeper: TenantSweeper,
    private readonly quotes: QuoteRepository,
  ) {
    super(sweeper, INTERVAL_MS, 'Failed to process expired quotes');
  }

  protected sweepTenant(tenantId: string): Promise<void> {
    return this.inChunks(tenantId, CHUNK_SIZE, (transaction, now) => this.expire(transaction, now));
  }

  private async expire(transaction: Transaction, now: Date): Promise<number> {
    const due = await this.quotes.lockDue(transaction, now, CHUNK_SIZE);
    for (const quote of due) {
      const before = quote.snapshot();
      quote.expire(now);
      const change = quote.changeSince(before, now);
      await this.quotes.update(quote);
      const actor = Actor.service(TIMER_SERVICE, transaction.tenantId);
      if (change) transaction.record(new QuoteExpiredEvent(actor, now, quote, change));
    }
    return due.length;
  }
}
