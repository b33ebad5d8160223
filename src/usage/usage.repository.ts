import { Injectable } from '@nestjs/common';
import type { License } from '../licensing/index.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { toCurrentUsage, type PeriodUsage } from './current-usage.js';
import { periodStart } from './entitlement.js';
import type { UsableFeature } from './usable-feature.js';

const READ = {
  name: 'usages.read',
  text: `SELECT feature_id, period_start, used::float8 AS used FROM license_usages
         WHERE tenant_id = $1 AND license_id = $2 AND period_start = ANY($3::timestamptz[])`,
};
/** `used` is null if a row changed after the time, because earlier values are not stored. */
const READ_AS_OF = {
  name: 'usages.read-as-of',
  text: `SELECT feature_id, period_start, CASE WHEN created_at > $4 THEN 0 WHEN updated_at <= $4 THEN used END::float8 AS used
         FROM license_usages
         WHERE tenant_id = $1 AND license_id = $2 AND period_start = ANY($3::timestamptz[])`,
};

/** Reads usage per feature; UsageChanges writes it. */
@Injectable()
export class UsageRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns the usage in the current period by feature. */
  read(tenantId: string, license: License, now: Date): Promise<ReadonlyMap<string, number>> {
    return this.readBy<number>(tenantId, license, now, (values) => ({ ...READ, values }));
  }

  /** Returns the usage of one feature in the current period. */
  async readOne({ license, feature, now }: UsableFeature): Promise<number> {
    return (await this.read(license.tenantId, license, now)).get(feature.feature_id) ?? 0;
  }

  /** Returns the usage at a past time for the license as it was; null if that is unknown. */
  readAsOf(tenantId: string, license: License, instant: Date): Promise<ReadonlyMap<string, number | null>> {
    const statement = (values: unknown[]) => ({ ...READ_AS_OF, values: [...values, instant] });
    return this.readBy<number | null>(tenantId, license, instant, statement);
  }

  private async readBy<Used>(
    tenantId: string,
    license: License,
    at: Date,
    statement: (values: unknown[]) => Statement,
  ): Promise<ReadonlyMap<string, Used>> {
    const periods = license.features.map((feature) => periodStart(feature, at));
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<PeriodUsage<Used>>(statement([tenantId, license.licenseId, periods])),
    );
    return toCurrentUsage(license, rows, at);
  }
}
