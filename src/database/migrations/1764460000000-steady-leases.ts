import type { MigrationInterface, QueryRunner } from 'typeorm';
import { migrateAllRows, type RowMigration, type RunStatement } from './row-migration.js';

/**
 * Mends leases that a change of template passed over because the device had been seen by check-out first, and lets the timer find
 * licenses that a clock that was ahead marked as done with. Rows are locked as they are changed, and no table.
 */
export class SteadyLeases1764460000000 implements MigrationInterface, RowMigration {
  name = 'SteadyLeases1764460000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MARKED_EARLY);
    await migrateAllRows(this, (text, values) => runner.query(text, values));
  }

  async migrateRows(run: RunStatement, tenantId: string): Promise<void> {
    await run(LEASED, [tenantId]);
    await run(GIVEN, [tenantId]);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const MARKED_EARLY = `
  CREATE INDEX licenses_marked_early ON licenses (tenant_id, expiry_date)
    WHERE status = 'ACTIVE' AND expiry_date IS NOT NULL AND (next_due_at IS NULL OR next_due_at > expiry_date)`;

const LEASED = `
  UPDATE license_activations item SET activation_type = 'ONLINE', lease_expires_at = greatest(item.lent_until,
    now() + make_interval(secs => license.heartbeat_interval_seconds + license.heartbeat_grace_seconds))
  FROM licenses license
  WHERE license.tenant_id = $1 AND license.license_type = 'CONCURRENT'
    AND item.tenant_id = $1 AND item.license_id = license.license_id
    AND item.status = 'ACTIVE' AND item.activation_type = 'OFFLINE' AND item.lease_expires_at IS NULL`;

/** A seat that a file alone holds ends with the file; this one was kept by heartbeats. */
const GIVEN = `
  UPDATE license_activations item SET activation_type = 'ONLINE', lease_expires_at = NULL
  FROM licenses license
  WHERE license.tenant_id = $1 AND license.license_type <> 'CONCURRENT'
    AND item.tenant_id = $1 AND item.license_id = license.license_id AND item.status = 'ACTIVE'
    AND item.activation_type = 'OFFLINE' AND item.lease_expires_at > now() AND item.lease_expires_at IS DISTINCT FROM item.lent_until`;
