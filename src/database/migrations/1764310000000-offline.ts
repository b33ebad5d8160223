import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Revocation lists as they were last signed, and seats that are lent to devices with a license file. Expands only. */
export class Offline1764310000000 implements MigrationInterface {
  name = 'Offline1764310000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REVOCATION_LISTS);
    await runner.query('ALTER TABLE license_activations ADD COLUMN lent_until timestamptz(3)');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const REVOCATION_LISTS = `
  CREATE TABLE revocation_lists (
    tenant_id text NOT NULL CONSTRAINT revocation_lists_tenant REFERENCES tenants (id),
    number bigint NOT NULL CHECK (number > 0),
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    signed_text text NOT NULL,
    issued_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3) NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id)
  );
  ALTER TABLE revocation_lists ENABLE ROW LEVEL SECURITY;
  ALTER TABLE revocation_lists FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON revocation_lists
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;
