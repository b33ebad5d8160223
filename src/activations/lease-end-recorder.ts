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

const COUNT_LEFT = { name: 'activations.count-left', text: seatsLeftSql('$1', '$2', '$3::boolean') };
/** Seats that license files alone hold, by an index of their own. */
const FIND_ENDED_FILES = {
  name: 'activations.find-ended-files',
  text: `SELECT DISTINCT license_id FROM (
           SELECT license_id FROM license_activations
           WHERE tenant_id = $1 AND status = 'ACTIVE' AND activation_type = 'OFFLINE' AND lent_until <= $2 AND lease_expires_at <= $2
           ORDER BY lent_until LIMIT $3) AS due ORDER BY license_id`,
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
