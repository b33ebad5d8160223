import type { Activation } from './activation.entity.js';
import type { SeatCounts, SeatMetric } from './seats.js';

/** Activation whose lease has ended, as statements return it with `ENDED_LEASE_COLUMNS`. */
export type EndedLease = Pick<
  Activation,
  'activationId' | 'licenseId' | 'fingerprint' | 'userId' | 'units' | 'activationType' | 'status'
> & { readonly endedAt: Date };

export const ENDED_LEASE_COLUMNS = `activation_id AS "activationId", license_id AS "licenseId", fingerprint, user_id AS "userId", units,
  activation_type AS "activationType", status, ended_at AS "endedAt"`;

/** Seats that are left when leases have ended. */
export interface SeatsLeft extends SeatCounts {
  /** Users who hold them, where users are counted. */
  readonly holders: readonly string[];
}

/** Returns a query for the `SeatsLeft` of a license. The parameters are SQL expressions; the last one tells whether users are counted. */
export function seatsLeftSql(tenantId: string, licenseId: string, countsUsers: string): string {
  return `SELECT count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
            count(DISTINCT coalesce(user_id, activation_id::text))::int AS users,
            coalesce(array_agg(DISTINCT user_id) FILTER (WHERE ${countsUsers} AND user_id IS NOT NULL), '{}') AS holders
          FROM license_activations WHERE tenant_id = ${tenantId} AND license_id = ${licenseId} AND status = 'ACTIVE'`;
}

type CountedLease = Pick<EndedLease, 'activationId' | 'userId' | 'units' | 'endedAt'>;

/** Returns ended leases in the order of their ends, each with the seats in use after it. `left` are the seats after the last of them. */
export function seatsAfterEach<Lease extends CountedLease>(
  ended: readonly Lease[],
  metric: SeatMetric,
  left: SeatsLeft,
): { lease: Lease; inUse: number }[] {
  let inUse = left[metric];
  const holders = new Set(left.holders);
  const latestFirst = ended.toSorted(byEnd).reverse();
  const steps = latestFirst.map((lease) => {
    const step = { lease, inUse };
    inUse += seatsOf(lease, metric, holders);
    return step;
  });
  return steps.reverse();
}

/** Returns the seats that the lease held besides the later ones. Another device of the same user keeps the seat. */
function seatsOf({ activationId, userId, units }: CountedLease, metric: SeatMetric, holders: Set<string>): number {
  if (metric === 'activations') return 1;
  if (metric === 'units') return units;
  const holder = userId ?? activationId;
  if (holders.has(holder)) return 0;
  holders.add(holder);
  return 1;
}

function byEnd(one: CountedLease, other: CountedLease): number {
  return one.endedAt.getTime() - other.endedAt.getTime() || (one.activationId < other.activationId ? -1 : 1);
}
