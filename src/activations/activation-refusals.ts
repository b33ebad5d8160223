import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseQuery } from '../licensing/index.js';
import { denialCodeOf } from '../shared/errors.js';
import { CommittedCache } from '../shared/persistence/committed-cache.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Actor } from '../shared/access/actor.js';
import { ClientEventLimit, ClientEventLimitError, HOUR_MS } from './client-event-limit.js';
import { ActivationLimitReachedError } from './activation.errors.js';
import { ActivationRefusedEvent, type Refusal } from './events/activation.events.js';
import { RefusalCounts } from './refusal-counts.js';
import { ReplacementOffers } from './replacing/replacement-offers.js';

/** Refusals of one license per hour that are recorded individually. */
const MAX_REFUSALS = 50;
const MAX_LICENSES = 10_000;
/** Time for which a license counts as exhausted without a look at the database, whose clock ends the hour. */
const EXHAUSTED_MS = 60_000;

const INSERT_REFUSAL = {
  name: 'activation-refusals.insert',
  text: `INSERT INTO license_activation_refusals (tenant_id, license_id, fingerprint, hour, code) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING RETURNING 1`,
};

/**
 * Records refused devices, at most once per license, device, code and clock hour over all processes: row and event share a transaction.
 * Beyond MAX_REFUSALS, refusals caused by programs are counted, because they change nothing; see RefusalCounts.
 */
@Injectable()
export class ActivationRefusals {
  /** Hour in which refusals of a license are no longer recorded, so that a flood of them shares statements. */
  private readonly exhausted: CommittedCache<Date>;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly limit: ClientEventLimit,
    private readonly counts: RefusalCounts,
    private readonly offers: ReplacementOffers,
  ) {
    this.exhausted = new CommittedCache(unitOfWork, { max: MAX_LICENSES, ttl: EXHAUSTED_MS });
  }

  /**
   * Records the refusal of a seat outside of its transaction, and returns it with the devices that the refused one may replace, if any. Other
   * errors are returned as they are.
   */
  async report(
    actor: Actor,
    licenseId: string,
    fingerprint: string | undefined,
    error: unknown,
    now: Date,
  ): Promise<unknown> {
    const code = denialCodeOf(error);
    if (code === undefined) return error;
    if (fingerprint === undefined) {
      // A unit of work around this one answers the refusal, and records it once it has ended.
      if (!this.unitOfWork.isOpen) await this.counts.add({ tenantId: actor.tenantId, licenseId, code, at: now });
      return error;
    }
    const seats = error instanceof ActivationLimitReachedError ? error.seats : undefined;
    await this.record(actor, licenseId, fingerprint, { code, seats }, now);
    return error instanceof ActivationLimitReachedError ? this.offers.addTo(error, actor, fingerprint, now) : error;
  }

  private async record(
    actor: Actor,
    licenseId: string,
    fingerprint: string,
    refusal: Refusal,
    now: Date,
  ): Promise<void> {
    const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
    const limited = ClientEventLimit.appliesTo(actor);
    // Inside another unit of work the limit would fail that unit of work, which records the refusal itself after it has ended.
    const cacheKey = rowKeyString(actor.tenantId, licenseId);
    if (limited && this.unitOfWork.isOpen) return;
    const unrecorded = { tenantId: actor.tenantId, licenseId, code: refusal.code, fingerprint, at: now };
    if (limited && this.exhausted.get(cacheKey)?.getTime() === hour.getTime()) {
      await this.counts.add(unrecorded);
      return;
    }
    const fill = this.exhausted.beginFill();
    try {
      await this.unitOfWork.run(actor.tenantId, (transaction) =>
        this.recordEvent(
          transaction,
          actor,
          new ActivationRefusedEvent(actor, now, licenseId, fingerprint, refusal),
          hour,
        ),
      );
    } catch (error) {
      if (!(error instanceof ClientEventLimitError)) throw error;
      fill.put(cacheKey, hour);
      await this.limit.report(actor, licenseId, error, 'NOT_RECORDED');
      await this.counts.add(unrecorded);
    }
  }

  private async recordEvent(transaction: Transaction, actor: Actor, event: ActivationRefusedEvent, hour: Date) {
    const { licenseId, fingerprint } = event;
    const values = [actor.tenantId, licenseId, fingerprint, hour, event.data.code];
    if ((await transaction.query({ ...INSERT_REFUSAL, values })).length === 0) return;
    // The partner of the license sees the refusal.
    event.partnerId = (await this.queries.execute(new FindLicenseQuery(actor, licenseId)))?.partnerId ?? null;
    this.limit.record(transaction, actor, event, MAX_REFUSALS);
  }
}
