import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts what programs with a license key add to the event log in the hour that runs, so that a check constraint can bound it. One row per
 * license and event type, written over in the next hour. Expands only: the release before never sees it.
 */
export class ClientEvents1764440000000 implements MigrationInterface {
  name = 'ClientEvents1764440000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE license_client_events (
        tenant_id text NOT NULL,
        license_id uuid NOT NULL,
        event_type text NOT NULL,
        hour timestamptz(3) NOT NULL,
        events integer NOT NULL,
        allowed integer NOT NULL,
        limit_reported boolean NOT NULL,
        PRIMARY KEY (tenant_id, license_id, event_type),
        CONSTRAINT license_client_events_allowed CHECK (events <= allowed),
        CONSTRAINT license_client_events_license FOREIGN KEY (tenant_id, license_id)
          REFERENCES licenses (tenant_id, license_id)
      );
      ALTER TABLE license_client_events ENABLE ROW LEVEL SECURITY;
      ALTER TABLE license_client_events FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_wall ON license_client_events
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
    `);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
