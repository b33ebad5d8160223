import { Injectable } from '@nestjs/common';
import { CommittedCache } from '../shared/persistence/committed-cache.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Actor } from '../shared/access/actor.js';
import { ClientEventLimit, ClientEventLimitError, HOUR_MS } from './client-event-limit.js';
import { ActivationRefusedEvent } from './events/activation.events.js';
import type { SeatShortage } from './seat-shortage.js';

/** Refusals of one license that are recorded one by one in an hour. */
const MAX_REFUSALS = 50;
const MAX_LICENSES = 10_000;
/** How long it is believed that a license has used up the hour, whose end is told by the database's clock. */
const EXHAUSTED_MS = 60_000;

const INSERT_REFUSAL = {
  name: 'activation-refusals.note',
  text: `INSERT INTO license_activation_refusals (tenant_id, license_id, fingerprint, hour) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING 1`,
};
const DELETE_OLD_REFUSALS = {
  name: 'activation-refusals.forget',
  text: 'DELETE FROM license_activation_refusals WHERE tenant_id = $1 AND license_id = $2 AND hour < $3',
};

/**
 * Records devices that were refused, at most once per license, device and hour of the clock, however many processes
 * refuse it. The row and the event are one transaction, which nothing else is part of. A refusal changes nothing, so those that
 * programs cause beyond a number are summed up by one event.
 */
@Injectable()
export class ActivationRefusals {
  /** The hours in which refusals of licenses are not recorded any more, so that a flood of them costs no statement. */
  private readonly exhausted: CommittedCache<Date>;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly limit: ClientEventLimit,
  ) {
    this.exhausted = new CommittedCache(unitOfWork, { max: MAX_LICENSES, ttl: EXHAUSTED_MS });
  }

  async record(actor: Actor, licenseId: string, fingerprint: string, seats: SeatShortage, now: Date): Promise<void> {
    const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
    const limited = ClientEventLimit.appliesTo(actor);
    // Inside another unit of work a limit would fail that one, which records the refusal itself when it has ended.
    if (limited && (this.unitOfWork.isOpen || this.exhausted.get(licenseId)?.getTime() === hour.getTime())) return;
    const fill = this.exhausted.beginFill();
    try {
      await this.unitOfWork.run(actor.tenantId, (transaction) =>
        this.recordEvent(
          transaction,
          actor,
          new ActivationRefusedEvent(actor, now, licenseId, fingerprint, seats),
          hour,
        ),
      );
    } catch (error) {
      if (!(error instanceof ClientEventLimitError)) throw error;
      fill.put(licenseId, hour);
      await this.limit.report(actor, licenseId, error, 'NOT_RECORDED');
    }
  }

  private async recordEvent(transaction: Transaction, actor: Actor, event: ActivationRefusedEvent, hour: Date) {
    const { licenseId, fingerprint } = event;
    const values = [actor.tenantId, licenseId, fingerprint, hour];
    if ((await transaction.query({ ...INSERT_REFUSAL, values })).length === 0) return;
    // The hour before stays, for a process whose clock is a little late.
    const old = new Date(hour.getTime() - HOUR_MS);
    transaction.write({ ...DELETE_OLD_REFUSALS, values: [actor.tenantId, licenseId, old] });
    this.limit.record(transaction, actor, event, MAX_REFUSALS);
  }
}
