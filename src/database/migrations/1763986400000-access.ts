import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys that people make themselves, keys of the platform, what a tenant demands of requests, and idempotency keys.
 * Expands only: the release before runs on it, and takes a platform key for an unknown one.
 */
export class Access1763986400000 implements MigrationInterface {
  name = 'Access1763986400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TENANTS);
    await runner.query(API_KEYS);
    await runner.query(IDEMPOTENCY);
    await runner.query(RATE_LIMITS);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const TENANTS = `
  ALTER TABLE tenants
    ADD COLUMN require_if_match boolean NOT NULL DEFAULT false,
    ADD COLUMN requests_per_minute integer CHECK (requests_per_minute BETWEEN 1 AND 1000000),
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now();
  CREATE INDEX tenants_page ON tenants (created_at, id);
`;

/** A platform key has no tenant. While a rotated key overlaps, its earlier secret is the previous one. */
const API_KEYS = `
  ALTER TABLE api_keys
    ALTER COLUMN tenant_id DROP NOT NULL,
    ADD COLUMN role text,
    ADD COLUMN networks text[] NOT NULL DEFAULT '{}',
    ADD COLUMN previous_sha256 bytea UNIQUE CHECK (octet_length(previous_sha256) = 32),
    ADD COLUMN previous_expires_at timestamptz(3),
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now(),
    ADD CHECK ((previous_sha256 IS NULL) = (previous_expires_at IS NULL));
  CREATE INDEX api_keys_page ON api_keys (tenant_id, created_at, id);
  DROP INDEX api_keys_tenant;
`;

const IDEMPOTENCY = `
  CREATE TABLE idempotency_keys (
    tenant_id text NOT NULL,
    key_digest bytea NOT NULL CHECK (octet_length(key_digest) = 32),
    request_digest bytea NOT NULL CHECK (octet_length(request_digest) = 32),
    result_sealed bytea,
    created_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, key_digest)
  );
  CREATE INDEX idempotency_keys_expiry ON idempotency_keys (tenant_id, expires_at);
  ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
  ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON idempotency_keys
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;

/** Counts of the last minutes, under digests of keys, tenants and addresses; in the form that rate-limiter-flexible wants. */
const RATE_LIMITS = `
  CREATE UNLOGGED TABLE rate_limits (
    key varchar(255) PRIMARY KEY,
    points integer NOT NULL DEFAULT 0,
    expire bigint
  );
`;
