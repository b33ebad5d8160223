import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * License keys that were made elsewhere, and keys that replace others. A row of `license_keys` with a normalisation is a foreign key; one
 * with `valid_until` was replaced, and works until then. Expands only.
 */
export class KeysOfLicenses1764745000000 implements MigrationInterface {
  name = 'KeysOfLicenses1764745000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE tenants ADD COLUMN allow_short_keys boolean NOT NULL DEFAULT false,
        ADD COLUMN foreign_key_normalisation text NOT NULL DEFAULT 'NONE'
          CHECK (foreign_key_normalisation IN ('NONE', 'TRIM', 'UPPER_CASE'))`);
    await runner.query('ALTER TABLE license_keys ADD COLUMN normalisation text, ADD COLUMN valid_until timestamptz(3)');
    await runner.query('CREATE INDEX license_keys_foreign ON license_keys (tenant_id) WHERE normalisation IS NOT NULL');
    await runner.query(ROTATED_LICENSE_KEYS);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

/** Each rotation of a license adds a row with the new key. The key of the license itself is number 0. */
const ROTATED_LICENSE_KEYS = `
  CREATE TABLE rotated_license_keys (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    license_key_sealed bytea NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, license_id, number),
    CONSTRAINT rotated_license_keys_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)
  );
  ALTER TABLE rotated_license_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON rotated_license_keys
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;
