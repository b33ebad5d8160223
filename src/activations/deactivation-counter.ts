import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import type { License } from '../licensing/index.js';
import type { Actor } from '../shared/access/actor.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { periodEnd, periodStart } from '../usage/index.js';
import { DeactivationLimitReachedError } from './activation.errors.js';

/** The constraint fails the transaction that would count one more than is allowed. */
const COUNT = {
  name: 'deactivations.count',
  text: `INSERT INTO license_deactivations AS counted (tenant_id, license_id, period, period_start, deactivations, allowed)
         VALUES ($1, $2, $3, $4, 1, $5)
         ON CONFLICT (tenant_id, license_id) DO UPDATE SET
           deactivations = CASE WHEN (counted.period, counted.period_start) = (excluded.period, excluded.period_start)
                           THEN counted.deactivations + 1 ELSE 1 END,
           period = excluded.period, period_start = excluded.period_start, allowed = excluded.allowed`,
};
const READ = {
  name: 'deactivations.read',
  text: `SELECT deactivations FROM license_deactivations
         WHERE tenant_id = $1 AND license_id = $2 AND period = $3 AND period_start = $4`,
};

/** Counts the deactivations that programs make in the current period of a license whose template limits them. */
@Injectable()
export class DeactivationCounter {
  /** Tells whether deactivations by this actor are counted. Those by staff are not. */
  static appliesTo({ subject }: Actor, { deactivationsPerPeriod }: License): boolean {
    return deactivationsPerPeriod !== null && subject.type === 'license_key';
  }

  /**
   * Counts one deactivation under the lock of the license, or fails the unit of work with DeactivationLimitReachedError, so that no
   * deactivation remains uncounted.
   */
  count(transaction: Transaction, actor: Actor, license: License, now: Date): void {
    const { licenseId, deactivationsPerPeriod } = license;
    if (!deactivationsPerPeriod || !DeactivationCounter.appliesTo(actor, license)) return;
    const { limit, period } = deactivationsPerPeriod;
    const reset = { reset_period: period };
    const values = [transaction.tenantId, licenseId, period, periodStart(reset, now), limit];
    transaction.write({ ...COUNT, values }, (error) =>
      violates(error, 'license_deactivations_allowed')
        ? new DeactivationLimitReachedError(deactivationsPerPeriod, periodEnd(reset, now))
        : error,
    );
  }

  /** Returns the time until which programs may deactivate no other device; null: they never may. Undefined: they may now. */
  async forbiddenUntil(transaction: Transaction, license: License, now: Date): Promise<Date | null | undefined> {
    const { licenseId, deactivationsPerPeriod } = license;
    if (!deactivationsPerPeriod) return undefined;
    const { limit, period } = deactivationsPerPeriod;
    if (limit === 0) return null;
    const reset = { reset_period: period };
    const values = [transaction.tenantId, licenseId, period, periodStart(reset, now)];
    const [row] = await transaction.query<{ deactivations: number }>({ ...READ, values });
    return (row?.deactivations ?? 0) < limit ? undefined : periodEnd(reset, now);
  }
}
