import type { MigrationInterface, QueryRunner } from 'typeorm';
import { migrateAllRows, type RowMigration, type RunStatement } from './row-migration.js';

/**
 * Numbers of events within their resource. Expands only: the release before leaves its events without one, and they are moved
 * all the same. The counters are filled in first, so that no table is locked while the log is read.
 */
export class LogOrder1764410000000 implements MigrationInterface, RowMigration {
  name = 'LogOrder1764410000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COUNTERS);
    await migrateAllRows(this, (text, values) => runner.query(text, values));
    await runner.query(NUMBERS);
  }

  async migrateRows(run: RunStatement, tenantId: string): Promise<void> {
    await run(COUNT, [tenantId]);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

/** A license has no row here until its second event, because its first is always its creation. */
const COUNTERS = `
  CREATE TABLE event_resource_counters (
    tenant_id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    last_seq integer NOT NULL CHECK (last_seq > 0),
    PRIMARY KEY (tenant_id, resource_type, resource_id)
  );
  ALTER TABLE event_resource_counters ENABLE ROW LEVEL SECURITY;
  ALTER TABLE event_resource_counters FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON event_resource_counters
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;

const COUNT = `
  INSERT INTO event_resource_counters (tenant_id, resource_type, resource_id, last_seq)
  SELECT $1, resource_type, resource_id, count(*)
  FROM (SELECT CASE WHEN license_id IS NULL THEN resource_type ELSE 'license' END AS resource_type,
               coalesce(license_id::text, resource_id) AS resource_id
        FROM (SELECT license_id, resource_type, resource_id FROM license_event_logs WHERE tenant_id = $1
              UNION ALL
              SELECT license_id, resource_type, resource_id FROM outbox WHERE tenant_id = $1) AS event) AS resource
  GROUP BY resource_type, resource_id HAVING resource_type <> 'license' OR count(*) > 1`;

/**
 * Without the id, by which PostgreSQL would otherwise delete through this index and read all of it. The move reads this index alone, whatever plan PostgreSQL takes: the primary key has another collation, and would be read as a
 * whole and sorted for each chunk.
 */
const NUMBERS = `
  ALTER TABLE outbox ADD COLUMN resource_seq integer;
  CREATE INDEX outbox_order ON outbox (tenant_id COLLATE "C", resource_seq NULLS FIRST);
  ALTER TABLE license_event_logs ADD COLUMN resource_seq integer;
`;
