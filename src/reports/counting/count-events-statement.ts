import type { Statement } from '../../shared/persistence/tenant-connection.js';

/** Events with which a license begins. */
const FIRST_EVENTS = ['license.created', 'license.imported'];
/** Events that change a license: `after` has its new values. */
const CHANGES = [
  'license.updated',
  'license.started',
  'license.renewed',
  'license.trial_converted',
  'license.suspended',
  'license.reinstated',
  'license.revoked',
  'license.transferred',
  'license.subscription_changed',
  'license.template_changed',
  'license.expired',
  'license.grace_ended',
];
/** Events that tell the seats in use after them. */
const SEAT_EVENTS = [
  'license.activated',
  'license.deactivated',
  'license.activation_changed',
  'license.activations_reset',
  'license.lease_expired',
];
/** Events that tell the seats in use after them if those may have changed. */
const RECOUNTS = ['license.imported', 'license.template_changed', 'license.trial_converted'];
/** Fields of a change after which the seats in use are of another limit, or of a license that is in force or no longer is. */
const SEAT_TERMS = ['status', 'license_type', 'license_model', 'max_activations'];
const REFUSALS = ['license.activation_refused', 'license.event_limit_reached', 'license.refusals_counted'];

/** Fields of a license that the reports count by, with their types: wire names of events, which are names of columns. */
const TYPES = {
  template_id: 'text',
  template_version: 'int',
  license_type: 'text',
  license_model: 'text',
  status: 'text',
  trial: 'boolean',
  expiry_date: 'timestamptz',
  grace_period_days: 'int',
  /** Not null while the first activation is awaited: a license that expires by then has no grace period. */
  awaited_start: 'jsonb',
  auto_renewal_enabled: 'boolean',
  max_activations: 'int',
} as const;
type Field = keyof typeof TYPES;
const FIELDS = Object.keys(TYPES) as Field[];

const KEYS = ['product_id', 'template_id', 'template_version', 'status', 'in_grace', 'trial'];
/** Numbers of a group of licenses: each is the sum of an expression over its licenses. */
const MEASURES = {
  licenses: '1',
  seats_in_use: 'seats_in_use',
  limited_licenses: '(seat_limit IS NOT NULL)::int',
  limited_seats: 'coalesce(seat_limit, 0)',
  limited_seats_in_use: 'CASE WHEN seat_limit IS NOT NULL THEN seats_in_use ELSE 0 END',
  nearly_full_licenses: '(coalesce(fill, 0) >= 80)::int',
  full_licenses: '(coalesce(fill, 0) >= 100)::int',
  over_used_licenses: '(coalesce(fill, 0) > 100)::int',
  licenses_with_devices: '(seats_in_use > 0)::int',
} as const;
const SUMS = Object.values(MEASURES).map((measure) => `sum(sign * ${measure})`);

const textArray = (values: readonly string[]) => `ARRAY[${values.map((value) => `'${value}'`).join(', ')}]`;
const isOneOf = (types: readonly string[]) => `event_type = ANY(${textArray(types)})`;
const ofEach = (expression: (name: Field) => string) =>
  FIELDS.map((name) => `${expression(name)} AS ${name}`).join(', ');
/** Entries of a member of an event that may be missing. */
const entriesOf = (object: string) =>
  `jsonb_each(CASE jsonb_typeof(${object}) WHEN 'object' THEN ${object} ELSE '{}' END)`;

/**
 * The value of a field before the first of the changes, else the stored one. The status is that which the log says: a change has the status by the
 * time, of which no event may tell yet. One that starts later began as pending, and one that ended by its time as an active one.
 */
function valueAtFirst(name: Field): string {
  const before = `(undone.before ->> '${name}')::${TYPES[name]}`;
  const value = name === 'status' ? `CASE ${before} WHEN 'EXPIRED' THEN 'ACTIVE' ELSE ${before} END` : before;
  const pending = `WHEN license.starts_at IS NOT NULL OR license.awaited_start IS NOT NULL THEN 'PENDING'`;
  return `CASE WHEN kept.license_id IS NOT NULL THEN kept.${name} ${name === 'status' ? pending : ''}
    WHEN undone.before ? '${name}' THEN ${value} ELSE license.${name} END`;
}

const COLUMNS = ['license_id', 'product_id', ...FIELDS, 'in_grace', 'seats_in_use'];
const IN_GRACE = `CASE WHEN last_type IS NULL THEN was_in_grace
  ELSE status = 'EXPIRED' AND NOT trial AND awaited_start IS NULL AND last_type <> 'license.grace_ended'
    AND coalesce(expiry_date + grace_period_days * interval '24 hours' > last_at, false) END`;
/** As `maxActivationsOf` in licensing. */
const SEAT_LIMIT = `CASE WHEN license_type IN ('CONCURRENT', 'NAMED_USER') OR license_model NOT IN ('SITE_LICENSE', 'ENTERPRISE')
  THEN max_activations END`;
/** Percentage of the seats that are in use; null: no limit. */
const FILL = `CASE WHEN seat_limit = 0 THEN CASE WHEN seats_in_use > 0 THEN 1000 ELSE 0 END
  WHEN seat_limit > 0 THEN least(seats_in_use::bigint * 100 / seat_limit, 1000)::int END`;
/** The event that a limit is reached stands for the first change that it refuses. Devices that it refuses no event for are counted in one. */
const DENIAL_CODE = `coalesce(event_data ->> 'code', 'RATE_LIMITED')`;
const DENIAL_NUMBER = `CASE event_type WHEN 'license.refusals_counted' THEN (event_data ->> 'count')::int
  WHEN 'license.event_limit_reached' THEN (event_data ->> 'effect' = 'REFUSED')::int ELSE 1 END AS number`;

/** An import without devices, as most are, changes no seats. */
const IS_SEAT = `(${isOneOf(SEAT_EVENTS)} OR ${isOneOf(RECOUNTS)} AND event_data ? 'current_activations'
  AND (event_type <> 'license.imported' OR (event_data ->> 'current_activations')::int > 0))`;
const IS_SEAT_TERM = `coalesce(event_data -> 'after' ?| ${textArray(SEAT_TERMS)}, false)`;
/** Time of what happened. The end of a term or a lease, and the refusals of an hour, are recorded later. */
const OCCURRED_AT = `CASE WHEN ${isOneOf(['license.expired', 'license.lease_expired'])} THEN (event_data ->> 'due_at')::timestamptz
  WHEN event_type = 'license.refusals_counted' THEN (event_data ->> 'since')::timestamptz ELSE created_at END`;
/** A reset is one event for all the devices that it deactivates. */
const ACTIVITY_TYPE = `CASE event_type WHEN 'license.activations_reset' THEN 'license.deactivated' ELSE event_type END AS event_type`;
const ACTIVITY_NUMBER = `CASE event_type WHEN 'license.activations_reset' THEN (event_data ->> 'count')::int ELSE 1 END AS number`;

/** Most licenses of a day in the report of peaks. */
export const MAX_PEAKS_PER_DAY = 10;

/** Selects the licenses in force with most seats in use, from two seats on. */
export function mostSeatsInUse(tenantId: string, limit: string): string {
  return `SELECT license_id, product_id, seats_in_use, seat_limit FROM report_licenses
          WHERE tenant_id = ${tenantId} AND seats_in_use > 1 AND (status = 'ACTIVE' OR in_grace)
          ORDER BY seats_in_use DESC, license_id LIMIT ${limit}`;
}

/**
 * Seats in use after the last event of the group that is of an earlier day than this one; null: none. Ends of leases are recorded late, but before
 * any other change of the seats.
 */
const usedBefore = (licenseId: string, day: string) =>
  `(SELECT late.in_use FROM late_use late WHERE late.license_id = ${licenseId} AND late.day < ${day} ORDER BY late.seq DESC LIMIT 1)`;
const USED_BEFORE = `coalesce(${usedBefore('seat_use.license_id', 'seat_use.day')}, min(seats_before))`;
/** Value in the last event of a license that fulfils the condition. */
const lastOf = (value: string, condition: string) =>
  `(array_agg(${value} ORDER BY seq DESC) FILTER (WHERE ${condition}))[1]`;

/** Adds the counts of rows, whose columns are the keys and the counts, to those with the same keys. */
export function addCounts(table: string, keys: readonly string[], counts: readonly string[], rows: string): string {
  return `INSERT INTO ${table} AS kept (tenant_id, ${[...keys, ...counts].join(', ')})
      ${rows}
      ON CONFLICT (tenant_id, ${keys.join(', ')}) DO UPDATE SET
        ${counts.map((name) => `${name} = kept.${name} + EXCLUDED.${name}`).join(', ')}`;
}

/** Selects sums by product and keys, and those of all products, whose product is ''. */
export function sumsByProduct(keys: readonly string[], sum: string, rows: string): string {
  const others = keys.join(', ');
  return `SELECT $1, coalesce(product_id, ''), ${others}, ${sum} FROM ${rows}
      GROUP BY GROUPING SETS ((product_id, ${others}), (${others})) HAVING ${sum} <> 0`;
}

/**
 * Counts the events of a tenant ($1) after the cursor ($2), at most $3, and moves the cursor ($4: the time). One statement has one snapshot,
 * in which every event is in the log or in the outbox, and every license is as all of its events left it.
 *
 * A license is counted by its state: the state before its events of this group is taken away, the state after them is added. A state is kept
 * of licenses that changed only. That of others is the stored license with its later changes undone, so that an issue costs no row. OFFSET 0
 * keeps the look-ups of single licenses from becoming joins of whole tables, and FULL JOIN joins by hash: the planner takes each of these sets for a row,
 * and a nested loop is quadratic.
 *
 * A license has a row of peaks for each day on which its seats, their limit or its status changed; on later days it has what was in use after that.
 * The licenses with most seats in use get a row for other days, too, or the highest peaks of a day could not be found. So a group ends with the day
 * of such events: before the first of the next day, nothing has changed since the last of this one. Rows without a change of seats are carried: an
 * end of a lease that is recorded late corrects them.
 */
const COUNT_EVENTS = {
  name: 'reports.count-events',
  text: `
    WITH reach AS MATERIALIZED (
      SELECT last_seq, least(last_seq, $2::bigint + $3::int) AS up_to, (SELECT day FROM report_cursors WHERE tenant_id = $1) AS day
      FROM license_event_counters WHERE tenant_id = $1
    ), log AS MATERIALIZED (
      SELECT seq, event_type, license_id, event_data, created_at, day, is_change, is_seat,
             is_seat OR is_change AND ${IS_SEAT_TERM} AS is_use
      FROM (
        SELECT seq, event_type, license_id, event_data, created_at, (${OCCURRED_AT} AT TIME ZONE 'UTC')::date AS day,
               ${isOneOf(CHANGES)} AS is_change, ${IS_SEAT} AS is_seat
        FROM license_event_logs
        WHERE tenant_id = $1 AND seq > $2 AND seq <= (SELECT up_to FROM reach) AND license_id IS NOT NULL
          AND ${isOneOf([...FIRST_EVENTS, ...CHANGES, ...SEAT_EVENTS, ...REFUSALS])}) AS counted
    ), batch_day AS MATERIALIZED (
      SELECT greatest((SELECT day FROM reach), (SELECT day FROM log WHERE is_use ORDER BY seq LIMIT 1)) AS day
    ), bound AS MATERIALIZED (
      SELECT least(up_to, (SELECT min(seq) - 1 FROM log WHERE is_use AND day > (SELECT day FROM batch_day))) AS up_to,
             last_seq, reach.day AS from_day, batch_day.day
      FROM reach CROSS JOIN batch_day
    ), moved AS (
      UPDATE report_cursors SET seq = up_to, day = bound.day, updated_at = $4 FROM bound WHERE tenant_id = $1
    ), batch AS MATERIALIZED (
      SELECT * FROM log WHERE seq <= (SELECT up_to FROM bound)
    ), touched AS MATERIALIZED (
      SELECT license_id, min(seq) AS first_seq, bool_or(${isOneOf(FIRST_EVENTS)}) AS is_new,
             bool_or(is_change OR is_seat) AS is_changed,
             ${lastOf('event_type', 'is_change')} AS last_type, ${lastOf('created_at', 'is_change')} AS last_at,
             ${lastOf("(event_data ->> 'current_activations')::int", 'is_seat')} AS last_in_use
      FROM batch GROUP BY license_id
    ), waiting AS MATERIALIZED (
      SELECT license_id, resource_seq, event_data -> 'before' AS before FROM outbox
      WHERE tenant_id = $1 AND license_id IS NOT NULL AND ${isOneOf(CHANGES)}
    ), base AS MATERIALIZED (
      SELECT touched.*, earlier.*
      FROM touched CROSS JOIN LATERAL (
        SELECT license.product_id, ${ofEach(valueAtFirst)},
               coalesce(kept.in_grace, false) AS in_grace, coalesce(kept.seats_in_use, 0) AS seats_in_use
        FROM licenses license
        LEFT JOIN report_licenses kept ON kept.tenant_id = $1 AND kept.license_id = touched.license_id
        LEFT JOIN LATERAL (
          SELECT jsonb_object_agg(field.key, field.value ORDER BY later.is_waiting DESC, later.place DESC) AS before
          FROM (
            SELECT false AS is_waiting, seq AS place, event_data -> 'before' AS before FROM license_event_logs
            WHERE tenant_id = $1 AND license_id = touched.license_id AND ${isOneOf(CHANGES)}
              AND seq > CASE WHEN is_new THEN first_seq ELSE 0 END AND kept.license_id IS NULL
            UNION ALL
            SELECT true, resource_seq, before FROM waiting WHERE waiting.license_id = touched.license_id AND kept.license_id IS NULL
          ) AS later CROSS JOIN ${entriesOf('later.before')} AS field
          WHERE field.key = ANY(${textArray(FIELDS)})
        ) AS undone ON kept.license_id IS NULL
        WHERE license.tenant_id = $1 AND license.license_id = touched.license_id
        OFFSET 0
      ) AS earlier
    ), change AS MATERIALIZED (
      SELECT license_id, jsonb_object_agg(field.key, field.value ORDER BY seq) AS after
      FROM batch CROSS JOIN ${entriesOf("event_data -> 'after'")} AS field
      WHERE is_change AND field.key = ANY(${textArray(FIELDS)})
      GROUP BY license_id
    ), changed AS MATERIALIZED (
      SELECT *, ${SEAT_LIMIT} AS seat_limit FROM (
        SELECT base.license_id, base.product_id, base.is_changed,
               ${ofEach((name) => `CASE WHEN change.after ? '${name}' THEN (change.after ->> '${name}')::${TYPES[name]} ELSE base.${name} END`)},
               base.in_grace AS was_in_grace, base.last_type, base.last_at, base.seats_in_use AS seats_before,
               coalesce(base.last_in_use, base.seats_in_use) AS seats_in_use
        FROM base FULL JOIN change ON change.license_id = base.license_id) AS after
    ), state AS MATERIALIZED (
      SELECT *, ${FILL} AS fill FROM (
        SELECT *, ${SEAT_LIMIT} AS seat_limit FROM (
          SELECT ${COLUMNS.join(', ')}, false AS is_kept, -1 AS sign FROM base WHERE is_changed AND NOT is_new
          UNION ALL
          SELECT ${COLUMNS.join(', ')}, false, 1 FROM base WHERE is_new AND NOT is_changed
          UNION ALL
          SELECT ${COLUMNS.map((name) => (name === 'in_grace' ? IN_GRACE : name)).join(', ')}, true, 1 FROM changed WHERE is_changed
        ) AS counted
      ) AS limited
    ), stored AS (
      INSERT INTO report_licenses (tenant_id, ${COLUMNS.join(', ')}, seat_limit, fill)
      SELECT $1, ${COLUMNS.join(', ')}, seat_limit, fill FROM state WHERE is_kept
      ON CONFLICT (tenant_id, license_id) DO UPDATE SET
        ${[...COLUMNS.slice(2), 'seat_limit', 'fill'].map((name) => `${name} = EXCLUDED.${name}`).join(', ')}
    ), counts AS (
      ${addCounts(
        'report_license_counts',
        KEYS,
        Object.keys(MEASURES),
        `SELECT $1, ${KEYS.join(', ')}, ${SUMS.join(', ')} FROM state
      GROUP BY ${KEYS.join(', ')} HAVING ${SUMS.map((sum) => `${sum} <> 0`).join(' OR ')}`,
      )}
    ), expirations AS (
      ${addCounts(
        'report_expirations',
        ['product_id', 'day', 'status', 'auto_renewal_enabled'],
        ['licenses'],
        sumsByProduct(
          ['day', 'status', 'auto_renewal_enabled'],
          'sum(sign)',
          `(SELECT product_id, sign, status, (expiry_date AT TIME ZONE 'UTC')::date AS day,
                   auto_renewal_enabled AND NOT trial AND awaited_start IS NULL AS auto_renewal_enabled
            FROM state WHERE expiry_date IS NOT NULL) AS ending`,
        ),
      )}
    ), event AS MATERIALIZED (
      SELECT batch.*, changed.product_id, changed.seats_before, changed.seat_limit
      FROM batch FULL JOIN changed ON changed.license_id = batch.license_id
    ), activity AS (
      ${addCounts(
        'report_activity',
        ['product_id', 'day', 'event_type'],
        ['events'],
        sumsByProduct(
          ['day', 'event_type'],
          'sum(number)',
          `(SELECT product_id, day, ${ACTIVITY_TYPE}, ${ACTIVITY_NUMBER} FROM event
            WHERE ${isOneOf([...FIRST_EVENTS, ...CHANGES, ...SEAT_EVENTS])}) AS active`,
        ),
      )}
    ), denials AS (
      ${addCounts(
        'report_denials',
        ['product_id', 'day', 'code'],
        ['denials'],
        sumsByProduct(
          ['day', 'code'],
          'sum(number)',
          `(SELECT product_id, day, ${DENIAL_CODE} AS code, ${DENIAL_NUMBER} FROM event
            WHERE ${isOneOf(REFUSALS)}) AS denied`,
        ),
      )}
    ), seat_use AS MATERIALIZED (
      SELECT *, lag(in_use, 1, seats_before) OVER (PARTITION BY license_id ORDER BY seq) AS was_in_use
      FROM (
        SELECT *, coalesce(max(told_in_use) OVER (PARTITION BY license_id, told), seats_before) AS in_use
        FROM (
          SELECT *, count(told_in_use) OVER (PARTITION BY license_id ORDER BY seq) AS told
          FROM (
            SELECT seq, license_id, day, product_id, seats_before, seat_limit, is_seat, day < (SELECT day FROM bound) AS is_late,
                   (event_data ->> 'max_activations')::int AS told_limit,
                   CASE WHEN is_seat THEN (event_data ->> 'current_activations')::int END AS told_in_use
            FROM event WHERE is_use) AS use) AS numbered) AS known
      WHERE is_seat OR in_use > 0 AND NOT is_late
    ), late_use AS MATERIALIZED (
      SELECT * FROM seat_use WHERE is_seat AND is_late
    ), used_day AS MATERIALIZED (
      SELECT license_id, day, product_id, bool_and(NOT is_seat) AS is_carried,
             CASE WHEN bool_or(is_seat) THEN max(greatest(in_use, was_in_use)) FILTER (WHERE is_seat) ELSE ${USED_BEFORE} END AS peak,
             CASE WHEN bool_or(is_seat) THEN (array_agg(in_use ORDER BY seq DESC))[1] ELSE ${USED_BEFORE} END AS in_use,
             -- The limit at the end of the day. An event of an earlier day has the limit of its own time.
             CASE WHEN is_late THEN (array_agg(told_limit ORDER BY seq DESC))[1] ELSE min(seat_limit) END AS seat_limit
      FROM seat_use GROUP BY license_id, day, product_id, is_late
    ), peaks AS (
      INSERT INTO report_seat_peaks AS kept (tenant_id, license_id, day, product_id, peak, in_use, seat_limit, is_carried)
      SELECT $1, license_id, day, product_id, peak, in_use, seat_limit, is_carried FROM used_day
      ON CONFLICT (tenant_id, license_id, day) DO UPDATE SET
        peak = CASE WHEN kept.is_carried THEN EXCLUDED.peak WHEN EXCLUDED.is_carried THEN kept.peak
          ELSE greatest(kept.peak, EXCLUDED.peak) END,
        in_use = CASE WHEN EXCLUDED.is_carried AND NOT kept.is_carried THEN kept.in_use ELSE EXCLUDED.in_use END,
        seat_limit = EXCLUDED.seat_limit, is_carried = kept.is_carried AND EXCLUDED.is_carried
    ), carried AS (
      INSERT INTO report_seat_peaks (tenant_id, license_id, day, product_id, peak, in_use, seat_limit, is_carried)
      SELECT $1, license_id, day, product_id, in_use, in_use, seat_limit, true
      FROM (
        SELECT license_id, every.at::date AS day, product_id, seat_limit,
               coalesce(${usedBefore('most.license_id', 'every.at')}, seats_in_use) AS in_use
        FROM (${mostSeatsInUse('$1', String(MAX_PEAKS_PER_DAY))}) AS most
        CROSS JOIN generate_series((SELECT from_day FROM bound), (SELECT day FROM bound) - 1, interval '1 day') AS every (at)) AS filled
      WHERE NOT EXISTS (SELECT FROM used_day WHERE used_day.license_id = filled.license_id AND used_day.day = filled.day)
      ON CONFLICT DO NOTHING
    ), corrected AS (
      UPDATE report_seat_peaks AS kept SET peak = late.in_use, in_use = late.in_use
      FROM (
        SELECT later.license_id, later.day, ${usedBefore('later.license_id', 'later.day')} AS in_use
        FROM (SELECT license_id, min(day) AS day FROM late_use GROUP BY license_id) AS ended
        CROSS JOIN LATERAL (
          SELECT license_id, day FROM report_seat_peaks
          WHERE tenant_id = $1 AND license_id = ended.license_id AND day > ended.day AND is_carried OFFSET 0) AS later) AS late
      WHERE kept.tenant_id = $1 AND kept.license_id = late.license_id AND kept.day = late.day
        AND NOT EXISTS (SELECT FROM used_day WHERE used_day.license_id = late.license_id AND used_day.day = late.day)
    )
    SELECT up_to::text AS seq, (up_to - $2::bigint)::int AS events, up_to < last_seq AS "hasMore", (SELECT min(created_at) FROM batch) AS "oldestAt"
    FROM bound`,
};

/** Row of the result. */
export interface CountedEvents {
  /** New position of the cursor. */
  readonly seq: string;
  readonly events: number;
  /** Whether the log has later events. */
  readonly hasMore: boolean;
  /** Time of the oldest event that was counted; null if none of them is in a report. */
  readonly oldestAt: Date | null;
}

export function countEventsStatement(tenantId: string, after: string, limit: number, now: Date): Statement {
  return { ...COUNT_EVENTS, values: [tenantId, after, limit, now] };
}
