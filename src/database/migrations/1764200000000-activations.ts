import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Devices that use a license, what a license does at its limit, refusals that were told of, and usage of features.
 * Expands only: the release before issues on it, with the defaults, and never sees the rest.
 */
export class Activations1764200000000 implements MigrationInterface {
  name = 'Activations1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['license_templates', 'licenses']) await runner.query(seatTerms(table));
    await runner.query(ACTIVATIONS);
    await runner.query(USAGES);
    for (const table of ['license_activations', 'license_activation_refusals', 'license_usages']) {
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

/** Columns that templates and the licenses issued from them share. */
const seatTerms = (table: string) => `
  ALTER TABLE ${table}
    ADD COLUMN overage_policy text NOT NULL DEFAULT 'DENY' CHECK (overage_policy IN ('DENY', 'ALLOW')),
    ADD COLUMN overage_factor double precision CHECK (overage_factor BETWEEN 1 AND 10),
    ADD COLUMN eviction_policy text NOT NULL DEFAULT 'NONE' CHECK (eviction_policy IN ('NONE', 'OLDEST')),
    ADD COLUMN heartbeat_interval_seconds integer NOT NULL DEFAULT 300
      CHECK (heartbeat_interval_seconds BETWEEN 1 AND 86400),
    ADD COLUMN heartbeat_grace_seconds integer NOT NULL DEFAULT 300 CHECK (heartbeat_grace_seconds BETWEEN 0 AND 86400);
`;

/**
 * A device is active once a license: the partial unique index says so even if our code did not. What changes often, when
 * it was seen and until when its lease runs, stands in no index, so that PostgreSQL need not write one.
 */
const ACTIVATIONS = `
  CREATE TABLE license_activations (
    tenant_id text NOT NULL,
    activation_id uuid NOT NULL,
    license_id uuid NOT NULL,
    fingerprint text NOT NULL,
    user_id text,
    units integer NOT NULL CHECK (units BETWEEN 1 AND 10000),
    activation_type text NOT NULL CHECK (activation_type IN ('ONLINE', 'OFFLINE', 'EMERGENCY')),
    status text NOT NULL CHECK (status IN ('ACTIVE', 'DEACTIVATED', 'SUSPENDED', 'EXPIRED')),
    device_name text,
    hostname text,
    platform text,
    app_version text,
    ip_address text,
    metadata jsonb NOT NULL,
    first_seen_at timestamptz(3) NOT NULL,
    last_seen_at timestamptz(3) NOT NULL,
    lease_expires_at timestamptz(3),
    ended_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, activation_id),
    CONSTRAINT license_activations_license FOREIGN KEY (tenant_id, license_id)
      REFERENCES licenses (tenant_id, license_id),
    CHECK ((status = 'ACTIVE') = (ended_at IS NULL))
  );
  CREATE UNIQUE INDEX license_activations_device ON license_activations (tenant_id, license_id, fingerprint)
    WHERE status = 'ACTIVE';
  CREATE INDEX license_activations_page ON license_activations (tenant_id, license_id, created_at, activation_id);

  CREATE TABLE license_activation_refusals (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    fingerprint text NOT NULL,
    hour timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, license_id, fingerprint, hour),
    CONSTRAINT license_activation_refusals_license FOREIGN KEY (tenant_id, license_id)
      REFERENCES licenses (tenant_id, license_id)
  );
`;

/** One row for each feature and period; a feature that never resets has one period. Nothing is used beyond 2^53. */
const USAGES = `
  CREATE TABLE license_usages (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    feature_id text NOT NULL,
    period_start timestamptz(3) NOT NULL,
    used bigint NOT NULL CHECK (used BETWEEN 0 AND 9007199254740991),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, license_id, feature_id, period_start),
    CONSTRAINT license_usages_license FOREIGN KEY (tenant_id, license_id)
      REFERENCES licenses (tenant_id, license_id)
  );
`;
