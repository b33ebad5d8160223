import { Injectable } from '@nestjs/common';
import { leasingLicensesSql, type CountedTerms, type License } from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { seatsAfterEach, seatsLeftSql, type EndedLease, type SeatsLeft } from './ended-leases.js';
import { LeaseExpiredEvent } from './events/activation.events.js';
import { seatMetric } from './seats.js';

/** Actor of the events of leases that end by their time. */
const TIMER_SERVICE = 'lease-timer';

export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const COUNT_LEFT = { name: 'activations.count-left', text: seatsLeftSql('$1', '$2', '$3::boolean') };
/** Seats that license files alone hold, and that have ended at a time, by an index of their own. The parameters are SQL expressions. */
const endedFiles = (tenantId: string, now: string) =>
  `license_activations WHERE tenant_id = ${tenantId} AND status = 'ACTIVE' AND activation_type = 'OFFLINE'
     AND lent_until <= ${now} AND lease_expires_at <= ${now} ORDER BY lent_until`;
const FIND_ENDED_FILES = {
  name: 'activations.find-ended-files',
  text: `SELECT DISTINCT license_id FROM (
           SELECT license_id FROM ${endedFiles('$1', '$2')} LIMIT $3) AS due ORDER BY license_id`,
};
const FIND_ENDED_LEASES = {
  name: 'activations.find-ended-leases',
  text: `WITH leasing AS MATERIALIZED (${leasingLicensesSql('$1', '$3', '$4')})
         SELECT license_id, ended FROM (
           SELECT license_id, row_number() OVER (ORDER BY license_id DESC) = 1 AS is_last, EXISTS (
             SELECT FROM license_activations item
             WHERE item.tenant_id = $1 AND item.license_id = leasing.license_id AND item.status = 'ACTIVE'
               AND item.lease_expires_at <= $2) AS ended
           FROM leasing) AS checked
         WHERE ended OR is_last ORDER BY license_id`,
};

/** Queries of `TenantTimer.due` for leases and files that may have ended: for leases any license with seats in use that leases them. */
export const ENDED_LEASES = [
  `(${leasingLicensesSql('tenant.tenant_id', `'${FIRST_ID}'`, '1')}) AS leasing`,
  endedFiles('tenant.tenant_id', '$1'),
];

/** Records the ends of leases, in the transaction that stores them, and finds those that no request has found. */
@Injectable()
export class LeaseEndRecorder {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Counts the seats that are left, in the transaction of a statement that ended leases. */
  async countLeft(transaction: Transaction, licenseId: string, terms: CountedTerms): Promise<SeatsLeft> {
    const values = [transaction.tenantId, licenseId, seatMetric(terms) === 'users'];
    const [left] = await transaction.query<SeatsLeft>({ ...COUNT_LEFT, values });
    if (!left) throw new Error('A count has one row.');
    return left;
  }

  /** Records an event for each end, in their order, with the seats in use after it as these terms count them. */
  record(
    transaction: Transaction,
    license: License,
    ended: readonly EndedLease[],
    { left, now, terms = license }: { readonly left: SeatsLeft; readonly now: Date; readonly terms?: CountedTerms },
  ): void {
    const actor = Actor.service(TIMER_SERVICE, transaction.tenantId);
    for (const { lease, inUse } of seatsAfterEach(ended, seatMetric(terms), left))
      transaction.record(new LeaseExpiredEvent(actor, now, license, lease, inUse));
  }

  /** Returns licenses with a seat whose license file has expired, from at most `limit` such seats. */
  async findEndedFiles(tenantId: string, now: Date, limit: number): Promise<string[]> {
    const values = [tenantId, now, limit];
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ license_id: string }>({ ...FIND_ENDED_FILES, values }),
    );
    return rows.map(({ license_id }) => license_id);
  }

  /** Checks at most `limit` licenses with leases after one. Returns those with an ended lease, and the last checked one; undefined: none. */
  async findEndedLeases(tenantId: string, now: Date, after: string, limit: number) {
    const values = [tenantId, now, after, limit];
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ license_id: string; ended: boolean }>({ ...FIND_ENDED_LEASES, values }),
    );
    const licenseIds = rows.flatMap(({ license_id, ended }) => (ended ? [license_id] : []));
    return { licenseIds, last: rows.at(-1)?.license_id };
  }
}
