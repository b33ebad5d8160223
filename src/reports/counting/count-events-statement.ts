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

/** Status of a stored license without a change of status in the log: one that starts later has not started. */
const STORED_STATUS = `CASE WHEN license.status = 'ACTIVE' AND (license.starts_at IS NOT NULL OR license.awaited_start IS NOT NULL)
  THEN 'PENDING' ELSE license.status END`;

/** The value of a field before the first of the changes, else the stored one. A license that ended by its time began as an active one. */
function valueAtFirst(name: Field): string {
  const before = `(undone.before ->> '${name}')::${TYPES[name]}`;
  const value = name === 'status' ? `CASE ${before} WHEN 'EXPIRED' THEN 'ACTIVE' ELSE ${before} END` : before;
  return `CASE WHEN kept.license_id IS NOT NULL THEN kept.${name} WHEN undone.before ? '${name}' THEN ${value}
    ELSE ${name === 'status' ? STORED_STATUS : `license.${name}`} END`;
}

const COLUMNS = ['license_id', 'product_id', ...FIELDS, 'in_grace', 'seats_in_use'];
const IN_GRACE = `CASE WHEN last_type IS NULL THEN was_in_grace
  ELSE status = 'EXPIRED' AND NOT trial AND last_type <> 'license.grace_ended'
    AND coalesce(expiry_date + grace_period_days * interval '24 hours' > last_at, false) END`;
/** As `maxActivationsOf` in licensing. */
const SEAT_LIMIT = `CASE WHEN license_type IN ('CONCURRENT', 'NAMED_USER') OR license_model NOT IN ('SITE_LICENSE', 'ENTERPRISE')
  THEN max_activations END`;
/** Percentage of the seats that are in use; null: no limit. */
const FILL = `CASE WHEN seat_limit = 0 THEN CASE WHEN seats_in_use > 0 THEN 1000 ELSE 0 END
  WHEN seat_limit > 0 THEN least(seats_in_use::bigint * 100 / seat_limit, 1000)::int END`;
/** The event that a limit is reached stands for one refusal: that of a device, whose code it does not have, or that of a change. */
const DENIAL_CODE = `coalesce(event_data ->> 'code',
  CASE event_data ->> 'effect' WHEN 'NOT_RECORDED' THEN 'ACTIVATION_LIMIT_REACHED' ELSE 'RATE_LIMITED' END)`;
const DENIAL_NUMBER = `CASE event_type WHEN 'license.refusals_counted' THEN (event_data ->> 'count')::int ELSE 1 END AS number`;

/** An import without devices, as most are, changes no seats. */
const IS_SEAT = `(${isOneOf(SEAT_EVENTS)} OR ${isOneOf(RECOUNTS)} AND event_data ? 'current_activations'
  AND (event_type <> 'license.imported' OR (event_data ->> 'current_activations')::int > 0))`;
/** Time of what happened. An end by its time and what is counted for an hour are recorded later. */
const OCCURRED_AT = `CASE WHEN ${isOneOf(['license.expired', 'license.lease_expired'])} THEN (event_data ->> 'due_at')::timestamptz
  WHEN event_type = 'license.refusals_counted' THEN (event_data ->> 'since')::timestamptz ELSE created_at END`;
/** A reset is one event for all the devices that it deactivates. */
const ACTIVITY_TYPE = `CASE event_type WHEN 'license.activations_reset' THEN 'license.deactivated' ELSE event_type END AS event_type`;
const ACTIVITY_NUMBER = `CASE event_type WHEN 'license.activations_reset' THEN (event_data ->> 'count')::int ELSE 1 END AS number`;

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
 * keeps the look-ups of single licenses from becoming joins of whole tables.
 */
const COUNT_EVENTS = {
  name: 'reports.count-events',
  text: `
    WITH bound AS MATERIALIZED (
      SELECT least(last_seq, $2::bigint + $3::int) AS up_to FROM license_event_counters WHERE tenant_id = $1
    ), moved AS (
      UPDATE report_cursors SET seq = up_to, updated_at = $4 FROM bound WHERE tenant_id = $1
    ), batch AS MATERIALIZED (
      SELECT seq, event_type, license_id, event_data, created_at, (${OCCURRED_AT} AT TIME ZONE 'UTC')::date AS day,
             ${isOneOf(CHANGES)} AS is_change, ${IS_SEAT} AS is_seat
      FROM license_event_logs
      WHERE tenant_id = $1 AND seq > $2 AND seq <= (SELECT up_to FROM bound) AND license_id IS NOT NULL
        AND ${isOneOf([...FIRST_EVENTS, ...CHANGES, ...SEAT_EVENTS, ...REFUSALS])}
    ), touched AS MATERIALIZED (
      SELECT license_id, min(seq) AS first_seq, bool_or(${isOneOf(FIRST_EVENTS)}) AS is_new,
             bool_or(is_change OR is_seat) AS is_changed,
             max(seq) FILTER (WHERE is_change) AS last_change, max(seq) FILTER (WHERE is_seat) AS last_seat
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
              AND seq > CASE WHEN is_new THEN first_seq ELSE 0 END
            UNION ALL
            SELECT true, resource_seq, before FROM waiting WHERE waiting.license_id = touched.license_id
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
      SELECT base.license_id, base.product_id,
             ${ofEach((name) => `CASE WHEN change.after ? '${name}' THEN (change.after ->> '${name}')::${TYPES[name]} ELSE base.${name} END`)},
             base.in_grace AS was_in_grace, last.event_type AS last_type, last.created_at AS last_at,
             coalesce((seat.event_data ->> 'current_activations')::int, base.seats_in_use) AS seats_in_use
      FROM base
      LEFT JOIN change USING (license_id)
      LEFT JOIN batch AS last ON last.seq = base.last_change
      LEFT JOIN batch AS seat ON seat.seq = base.last_seat
      WHERE base.is_changed
    ), state AS MATERIALIZED (
      SELECT *, ${FILL} AS fill FROM (
        SELECT *, ${SEAT_LIMIT} AS seat_limit FROM (
          SELECT ${COLUMNS.join(', ')}, false AS is_kept, -1 AS sign FROM base WHERE is_changed AND NOT is_new
          UNION ALL
          SELECT ${COLUMNS.join(', ')}, false, 1 FROM base WHERE is_new AND NOT is_changed
          UNION ALL
          SELECT ${COLUMNS.map((name) => (name === 'in_grace' ? IN_GRACE : name)).join(', ')}, true, 1 FROM changed
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
                   auto_renewal_enabled AND NOT trial AS auto_renewal_enabled
            FROM state WHERE expiry_date IS NOT NULL) AS ending`,
        ),
      )}
    ), activity AS (
      ${addCounts(
        'report_activity',
        ['product_id', 'day', 'event_type'],
        ['events'],
        sumsByProduct(
          ['day', 'event_type'],
          'sum(number)',
          `(SELECT product_id, day, ${ACTIVITY_TYPE}, ${ACTIVITY_NUMBER} FROM batch JOIN base USING (license_id)
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
          `(SELECT product_id, day, ${DENIAL_CODE} AS code, ${DENIAL_NUMBER} FROM batch JOIN base USING (license_id)
            WHERE ${isOneOf(REFUSALS)}) AS denied`,
        ),
      )}
    ), peaks AS (
      INSERT INTO report_seat_peaks AS kept (tenant_id, license_id, day, product_id, peak, seat_limit)
      SELECT $1, license_id, day, product_id, max(greatest(in_use, was_in_use)),
        -- The last one, however the events are grouped.
        (array_agg(seat_limit ORDER BY seq DESC) FILTER (WHERE seat_limit IS NOT NULL))[1]
      FROM (
        SELECT seq, license_id, day, product_id, seat_limit, in_use,
               lag(in_use, 1, before_in_use) OVER (PARTITION BY license_id ORDER BY seq) AS was_in_use
        FROM (
          SELECT seq, license_id, day, base.product_id, base.seats_in_use AS before_in_use,
                 (event_data ->> 'max_activations')::int AS seat_limit,
                 (event_data ->> 'current_activations')::int AS in_use
          FROM batch JOIN base USING (license_id) WHERE is_seat) AS told
      ) AS used
      GROUP BY license_id, day, product_id
      ON CONFLICT (tenant_id, license_id, day) DO UPDATE SET
        peak = greatest(kept.peak, EXCLUDED.peak), seat_limit = coalesce(EXCLUDED.seat_limit, kept.seat_limit)
    )
    SELECT up_to::text AS seq, (up_to - $2::bigint)::int AS events, (SELECT min(created_at) FROM batch) AS "oldestAt" FROM bound`,
};

/** Row of the result. */
export interface CountedEvents {
  /** New position of the cursor. */
  readonly seq: string;
  readonly events: number;
  /** Time of the oldest event that was counted; null if none of them is in a report. */
  readonly oldestAt: Date | null;
}

export function countEventsStatement(tenantId: string, after: string, limit: number, now: Date): Statement {
  return { ...COUNT_EVENTS, values: [tenantId, after, limit, now] };
}
