import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Blocked devices, deactivations per period and self-service replacement. A license counts its blocked devices, so that only the requests of
 * licenses that have some look for the device. Expands only: the release before blocks and counts nothing.
 */
export class Devices1764780000000 implements MigrationInterface {
  name = 'Devices1764780000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['license_templates', 'licenses']) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN deactivations_per_period jsonb, ADD COLUMN self_service_replacement boolean NOT NULL DEFAULT false`,
      );
    }
    await runner.query(
      `ALTER TABLE licenses ADD COLUMN blocked_devices integer NOT NULL DEFAULT 0 CHECK (blocked_devices >= 0)`,
    );
    await runner.query(TABLES);
    for (const table of ['blocked_devices', 'license_deactivations']) {
      await runner.query(`
        ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_wall ON ${table}
          USING (tenant_id = current_setting('app.tenant_id', true))
          WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
      `);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

/** A row of a block that has ended stays, so that validations at a past time can be explained. */
const TABLES = `
  CREATE TABLE blocked_devices (
    tenant_id text NOT NULL,
    blocked_device_id uuid NOT NULL,
    license_id uuid NOT NULL,
    fingerprint text NOT NULL,
    reason_code text NOT NULL,
    reason_text text,
    files_until timestamptz(3),
    ended_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, blocked_device_id),
    CONSTRAINT blocked_devices_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)
  );
  CREATE UNIQUE INDEX blocked_devices_fingerprint ON blocked_devices (tenant_id, license_id, fingerprint)
    WHERE ended_at IS NULL;
  CREATE INDEX blocked_devices_page ON blocked_devices (tenant_id, license_id, created_at, blocked_device_id);
  CREATE INDEX blocked_devices_files ON blocked_devices (tenant_id, files_until)
    WHERE ended_at IS NULL AND files_until IS NOT NULL;

  CREATE TABLE license_deactivations (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    period text NOT NULL CHECK (period IN ('DAY', 'MONTH', 'YEAR')),
    period_start timestamptz(3) NOT NULL,
    deactivations integer NOT NULL,
    allowed integer NOT NULL,
    PRIMARY KEY (tenant_id, license_id),
    CONSTRAINT license_deactivations_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id),
    CONSTRAINT license_deactivations_allowed CHECK (deactivations <= allowed)
  );
`;
