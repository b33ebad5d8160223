import { Injectable } from '@nestjs/common';
import { Coalescer, type Outcome } from '../shared/async/coalescer.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import type { PageRequest } from '../shared/persistence/page-request.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { mostSeatsInUse } from './counting/count-events-statement.js';
import {
  ACTIVITY,
  type ActivityReport,
  type DenialsReport,
  type ExpirationsReport,
  type LicenseInUse,
  type OverviewReport,
  type PeaksReport,
  type UtilisationReport,
} from './report.response.js';
import type {
  ComplianceFinding,
  DenialsRequest,
  ExpirationsRequest,
  OverviewRequest,
  PeaksRequest,
  UtilisationRequest,
} from './report.requests.js';

/** Days, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** Up to when the events of a report are counted. */
type Counted = Pick<OverviewReport, 'as_of' | 'events_behind'>;

type RowOf<Report extends { readonly data: readonly unknown[] }> = Report['data'][number];

const sum = (column: string, condition = 'true') => `coalesce(sum(${column}) FILTER (WHERE ${condition}), 0)::float8`;
const STATUSES = `${sum('licenses')} AS licenses, ${sum('licenses', "status = 'ACTIVE'")} AS active,
  ${sum('licenses', 'in_grace')} AS in_grace, ${sum('licenses', "status = 'EXPIRED' AND NOT in_grace")} AS expired,
  ${sum('licenses', "status = 'SUSPENDED'")} AS suspended, ${sum('licenses', "status = 'REVOKED'")} AS revoked,
  ${sum('licenses', "status = 'PENDING'")} AS pending, ${sum('licenses', 'trial')} AS trials`;
const IN_FORCE = `(status = 'ACTIVE' OR in_grace)`;
const DAY = `to_char(day, 'YYYY-MM-DD') AS day`;
const DAYS = (from: string, to: string) =>
  `generate_series(${from}::date, ${to}::date, interval '1 day') AS every (at)`;

const READ_AS_OF = {
  name: 'reports.read-as-of',
  text: `SELECT cursor.updated_at AS at, (counter.last_seq - coalesce(cursor.seq, 0))::float8 AS behind
         FROM license_event_counters counter LEFT JOIN report_cursors cursor USING (tenant_id) WHERE tenant_id = $1`,
};

/** Products are few, and their templates: these counts have one row for each version of a template in each state. */
const overview = (by: OverviewRequest['by']) => ({
  name: `reports.overview-by-${by}`,
  text: `SELECT product_id, ${by === 'template' ? 'template_id' : 'NULL AS template_id'}, ${STATUSES} FROM report_license_counts
         WHERE tenant_id = $1 AND ($2::text IS NULL OR product_id = $2)
         GROUP BY product_id${by === 'template' ? ', template_id' : ''} HAVING sum(licenses) > 0
         ORDER BY licenses DESC, product_id${by === 'template' ? ', template_id' : ''} LIMIT $3`,
});
const OVERVIEW_TOTALS = {
  name: 'reports.overview-totals',
  text: `SELECT ${STATUSES} FROM report_license_counts WHERE tenant_id = $1 AND ($2::text IS NULL OR product_id = $2)`,
};

const EXPIRATIONS = {
  name: 'reports.expirations',
  text: `SELECT to_char(every.at, 'YYYY-MM-DD') AS day,
           ${sum('licenses', "status IN ('ACTIVE', 'PENDING') AND NOT auto_renewal_enabled")} AS expiring,
           ${sum('licenses', "status IN ('ACTIVE', 'PENDING') AND auto_renewal_enabled")} AS renewing,
           ${sum('licenses', "status = 'SUSPENDED'")} AS suspended
         FROM ${DAYS('$3', '($3::date + $4::int - 1)')}
         LEFT JOIN report_expirations ON tenant_id = $1 AND product_id = $2 AND day = every.at::date
         GROUP BY every.at ORDER BY every.at`,
};

const ACTIVITY_BY_DAY = {
  name: 'reports.activity',
  text: `SELECT to_char(every.at, 'YYYY-MM-DD') AS day,
           ${Object.entries(ACTIVITY)
             .map(([name, type]) => `${sum('events', `event_type = '${type}'`)} AS ${name}`)
             .join(', ')}
         FROM ${DAYS('$3', '$4')}
         LEFT JOIN report_activity ON tenant_id = $1 AND product_id = $2 AND day = every.at::date
         GROUP BY every.at ORDER BY every.at`,
};

const UTILISATION_TOTALS = {
  name: 'reports.utilisation-totals',
  text: `SELECT ${[
    'licenses',
    'seats_in_use',
    'limited_licenses',
    'limited_seats',
    'limited_seats_in_use',
    'nearly_full_licenses',
    'full_licenses',
    'over_used_licenses',
  ]
    .map((name) => `${sum(name, IN_FORCE)} AS ${name}`)
    .join(', ')},
           ${sum('licenses_with_devices', `NOT ${IN_FORCE}`)} AS licenses_with_devices_left,
           ${sum('seats_in_use', `NOT ${IN_FORCE}`)} AS devices_left
         FROM report_license_counts WHERE tenant_id = $1`,
};
const NEARLY_FULL = {
  name: 'reports.nearly-full',
  text: `SELECT license_id, product_id, template_id, seats_in_use, seat_limit AS seats, fill AS fill_percent,
           greatest(seats_in_use, (SELECT peak FROM report_seat_peaks kept
             WHERE kept.tenant_id = $1 AND kept.license_id = report_licenses.license_id AND day = $3)) AS peak_today
         FROM report_licenses WHERE tenant_id = $1 AND fill >= 80 AND seat_limit > 1 AND ${IN_FORCE}
         ORDER BY fill DESC, license_id LIMIT $2`,
};

const PEAK_COLUMNS = `to_char(every.at, 'YYYY-MM-DD') AS day, license_id, product_id, peak, seat_limit AS seats`;
/** On a day without a row, the seats in use are those at the end of the day of the last row. $5: today. */
const PEAKS_OF_LICENSE = {
  name: 'reports.peaks-of-license',
  text: `SELECT ${PEAK_COLUMNS} FROM ${DAYS('$2', 'least($3::date, $5::date)')} CROSS JOIN LATERAL (
           SELECT license_id, product_id, seat_limit, CASE day WHEN every.at::date THEN peak ELSE in_use END AS peak
           FROM report_seat_peaks WHERE tenant_id = $1 AND license_id = $4 AND day <= every.at::date ORDER BY day DESC LIMIT 1) AS last
         WHERE peak > 0 ORDER BY every.at`,
};
/** From the day of the last change of seats on, licenses without a row have the seats that are in use now. */
const HIGHEST_PEAKS = {
  name: 'reports.highest-peaks',
  text: `WITH most AS MATERIALIZED (${mostSeatsInUse('$1', '$4')}),
           last AS MATERIALIZED (SELECT day FROM report_cursors WHERE tenant_id = $1)
         SELECT ${PEAK_COLUMNS} FROM ${DAYS('$2', 'least($3::date, $5::date)')} CROSS JOIN LATERAL (
           SELECT * FROM (
             (SELECT license_id, product_id, peak, seat_limit FROM report_seat_peaks
              WHERE tenant_id = $1 AND day = every.at::date AND peak > 1 ORDER BY peak DESC, license_id LIMIT $4)
             UNION ALL
             (SELECT license_id, product_id, seats_in_use, seat_limit FROM most
              WHERE every.at >= (SELECT day FROM last) AND NOT EXISTS (
                SELECT FROM report_seat_peaks kept
                WHERE kept.tenant_id = $1 AND kept.license_id = most.license_id AND kept.day = every.at::date))) AS used
           ORDER BY peak DESC, license_id LIMIT $4) AS highest
         ORDER BY every.at, peak DESC, license_id`,
};

const denialsByDay = (kind: string, table: string, count: string) =>
  `SELECT day AS at, ${DAY}, NULLIF(product_id, '') AS product_id, '${kind}' AS kind, code, ${count}::float8 AS denials
   FROM ${table} WHERE tenant_id = $1 AND product_id = $4 AND day BETWEEN $2::date AND $3::date`;
const DENIALS_BY_DAY = {
  name: 'reports.denials-by-day',
  text: `SELECT day, product_id, kind, code, denials FROM (
           ${denialsByDay('ACTIVATION', 'report_denials', 'denials')}
           UNION ALL ${denialsByDay('VALIDATION', 'report_validations', 'validations')}) AS denied
         ORDER BY at, kind, code`,
};
const denialsByProduct = (kind: string, table: string, count: string) =>
  `SELECT NULL AS day, product_id, '${kind}' AS kind, code, sum(${count})::float8 AS denials
   FROM ${table} WHERE tenant_id = $1 AND day BETWEEN $2::date AND $3::date AND product_id <> '' AND ($4 = '' OR product_id = $4)
   GROUP BY product_id, code`;
const DENIALS_BY_PRODUCT = {
  name: 'reports.denials-by-product',
  text: `${denialsByProduct('ACTIVATION', 'report_denials', 'denials')}
         UNION ALL ${denialsByProduct('VALIDATION', 'report_validations', 'validations')}
         ORDER BY denials DESC, product_id, kind, code LIMIT 1000`,
};

const finding = (
  name: ComplianceFinding,
  from: string,
  condition: string,
  used = 'NULL::float8',
  at = 'NULL::timestamptz',
  id = 'license.license_id',
) => ({
  name: `reports.compliance-${name.toLowerCase().replaceAll('_', '-')}`,
  text: `SELECT '${name}' AS finding, license.license_id, product_id, template_id, status, seats_in_use, seat_limit AS seats,
           ${used} AS validations, ${at} AS last_validated_at
         FROM ${from} WHERE license.tenant_id = $1 AND ${id} > $2 AND ${condition}
         ORDER BY ${id} LIMIT $3`,
});
const FOUND = {
  OVER_USED: finding('OVER_USED', 'report_licenses license', `fill > 100 AND ${IN_FORCE}`),
  DEVICES_WITHOUT_LICENSE: finding(
    'DEVICES_WITHOUT_LICENSE',
    'report_licenses license',
    `seats_in_use > 0 AND status <> 'ACTIVE' AND NOT in_grace`,
  ),
  // A tenant may have many of them, in order of their ids. OFFSET 0 makes the planner look up each license, and none that is behind the page.
  EXPIRED_STILL_ASKING: finding(
    'EXPIRED_STILL_ASKING',
    `report_expired_use AS used CROSS JOIN LATERAL (
           SELECT * FROM report_licenses kept WHERE kept.tenant_id = $1 AND kept.license_id = used.license_id OFFSET 0) AS license`,
    `used.tenant_id = $1 AND status = 'EXPIRED' AND NOT in_grace AND used.last_seen_at >= license.expiry_date`,
    'validations::float8',
    'last_seen_at',
    'used.license_id',
  ),
};
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Reads of a group, and groups at once, each of whose reports has a transaction. */
const MAX_GROUP_SIZE = 100;
const MAX_IN_FLIGHT = 2;

/** Read of a report. Reads of the same name have the same result. */
interface ReportRead {
  readonly tenantId: string;
  readonly name: string;
  readonly work: (transaction: Transaction) => Promise<object>;
}

/** Reads the reports, each in one transaction. Equal requests that arrive while others are in flight share one. */
@Injectable()
export class ReportRepository {
  private readonly reads: Coalescer<ReportRead, Counted>;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.reads = new Coalescer({
      maxGroupSize: MAX_GROUP_SIZE,
      maxInFlight: MAX_IN_FLIGHT,
      ownerOf: ({ tenantId }) => tenantId,
      queueOf: ({ name }) => name,
      run: (group) => this.readGroup(group),
    });
  }

  overview(tenantId: string, { product_id, by, top }: OverviewRequest) {
    return this.read(tenantId, ['overview', product_id, by, top], async (transaction) => {
      const [data, [totals]] = await Promise.all([
        transaction.query<RowOf<OverviewReport>>({ ...overview(by), values: [tenantId, product_id ?? null, top] }),
        transaction.query<OverviewReport['totals']>({ ...OVERVIEW_TOTALS, values: [tenantId, product_id ?? null] }),
      ]);
      return { totals: only(totals), data };
    });
  }

  expirations(tenantId: string, { product_id = '', days }: ExpirationsRequest, today: string) {
    const values = [tenantId, product_id, today, days];
    return this.read(tenantId, ['expirations', ...values], async (transaction) => ({
      data: await transaction.query<RowOf<ExpirationsReport>>({ ...EXPIRATIONS, values }),
    }));
  }

  activity(tenantId: string, productId = '', { from, to }: Days) {
    const values = [tenantId, productId, from, to];
    return this.read(tenantId, ['activity', ...values], async (transaction) => ({
      data: await transaction.query<RowOf<ActivityReport>>({ ...ACTIVITY_BY_DAY, values }),
    }));
  }

  utilisation(tenantId: string, { top }: UtilisationRequest, today: string) {
    return this.read(tenantId, ['utilisation', top, today], async (transaction) => {
      const [data, [totals]] = await Promise.all([
        transaction.query<RowOf<UtilisationReport>>({ ...NEARLY_FULL, values: [tenantId, top, today] }),
        transaction.query<UtilisationReport['totals']>({ ...UTILISATION_TOTALS, values: [tenantId] }),
      ]);
      return { totals: only(totals), data };
    });
  }

  peaks(tenantId: string, { license_id, per_day }: PeaksRequest, { from, to }: Days, today: string) {
    const statement =
      license_id === undefined
        ? { ...HIGHEST_PEAKS, values: [tenantId, from, to, per_day, today] }
        : { ...PEAKS_OF_LICENSE, values: [tenantId, from, to, license_id, today] };
    return this.read(tenantId, [statement.name, ...statement.values], async (transaction) => ({
      data: await transaction.query<RowOf<PeaksReport>>(statement),
    }));
  }

  denials(tenantId: string, { product_id = '', by }: DenialsRequest, { from, to }: Days) {
    const statement = by === 'day' ? DENIALS_BY_DAY : DENIALS_BY_PRODUCT;
    const values = [tenantId, from, to, product_id];
    return this.read(tenantId, [statement.name, ...values], async (transaction) => ({
      data: await transaction.query<RowOf<DenialsReport>>({ ...statement, values }),
    }));
  }

  /** Returns at most `limit + 1` licenses after this one; the extra one shows that there is a next page. */
  compliance(tenantId: string, name: ComplianceFinding, { limit, after }: PageRequest) {
    type Row = Omit<LicenseInUse, 'last_validated_at'> & { readonly last_validated_at: Date | null };
    const values = [tenantId, after?.id ?? FIRST_ID, limit + 1];
    return this.unitOfWork.read(tenantId, (transaction) => transaction.query<Row>({ ...FOUND[name], values }));
  }

  /** Returns the number of licenses of each version of a template, in every status. */
  async licensesByVersion(tenantId: string, templateId: string): Promise<ReadonlyMap<number, number>> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ version: number; licenses: number }>({
        name: 'reports.licenses-by-version',
        text: `SELECT template_version AS version, sum(licenses)::float8 AS licenses FROM report_license_counts
               WHERE tenant_id = $1 AND template_id = $2 GROUP BY template_version`,
        values: [tenantId, templateId],
      }),
    );
    return new Map(rows.map(({ version, licenses }) => [version, licenses]));
  }

  /** Reads a report, and up to when its events are counted. `request` tells reports of the same kind apart. */
  private async read<Report extends object>(
    tenantId: string,
    request: readonly unknown[],
    work: (transaction: Transaction) => Promise<Report>,
  ): Promise<Counted & Report> {
    const read = { tenantId, name: JSON.stringify([tenantId, ...request]), work };
    // Equal names have the same work, so the result is that of this work.
    return (await (this.unitOfWork.isOpen ? this.readOne(read) : this.reads.add(read))) as Counted & Report;
  }

  private async readGroup(group: readonly ReportRead[]): Promise<Outcome<Counted>[]> {
    const outcomes = new Map<string, Promise<Outcome<Counted>>>();
    for (const read of group) {
      if (outcomes.has(read.name)) continue;
      const outcome = this.readOne(read).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      outcomes.set(read.name, outcome);
    }
    const found = new Map(
      await Promise.all([...outcomes].map(async ([name, outcome]) => [name, await outcome] as const)),
    );
    return group.map(({ name }) => found.get(name) ?? { error: new Error('A read has no outcome.') });
  }

  private readOne({ tenantId, work }: ReportRead): Promise<Counted> {
    return this.unitOfWork.read(tenantId, async (transaction) => {
      const [[cursor], report] = await Promise.all([
        transaction.query<{ at: Date | null; behind: number }>({ ...READ_AS_OF, values: [tenantId] }),
        work(transaction),
      ]);
      return { as_of: cursor?.at?.toISOString() ?? null, events_behind: cursor?.behind ?? 0, ...report };
    });
  }
}

function only<Row>(row: Row | undefined): Row {
  if (!row) throw new Error('A sum has one row.');
  return row;
}
