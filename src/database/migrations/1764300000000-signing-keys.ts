import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys that tenants sign with. Expands only. */
export class SigningKeys1764300000000 implements MigrationInterface {
  name = 'SigningKeys1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SIGNING_KEYS);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

/** One of them signs; a key that may no longer sign has no private half. */
const SIGNING_KEYS = `
  CREATE TABLE signing_keys (
    tenant_id text NOT NULL CONSTRAINT signing_keys_tenant REFERENCES tenants (id),
    kid text NOT NULL CHECK (length(kid) = 43),
    state text NOT NULL CHECK (state IN ('CREATED', 'ACTIVE', 'RETIRED', 'REVOKED')),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    private_key_sealed bytea,
    activated_at timestamptz(3),
    retired_at timestamptz(3),
    revoked_at timestamptz(3),
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, kid),
    CHECK ((state IN ('CREATED', 'ACTIVE')) = (private_key_sealed IS NOT NULL))
  );
  CREATE INDEX signing_keys_page ON signing_keys (tenant_id, created_at, kid);
  CREATE UNIQUE INDEX signing_keys_active ON signing_keys (tenant_id) WHERE state = 'ACTIVE';
  ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
  ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON signing_keys
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;
