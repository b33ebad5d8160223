import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables of the reports: counts that follow the event log, and counts of validations. Expands only: the release before does not use them, and
 * the counts begin with the first event of each tenant.
 */
export class Reports1764760000000 implements MigrationInterface {
  name = 'Reports1764760000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    for (const table of [
      'report_cursors',
      'report_licenses',
      'report_license_counts',
      'report_expirations',
      'report_activity',
      'report_denials',
      'report_seat_peaks',
      'report_validations',
      'report_expired_use',
    ]) {
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

/**
 * report_licenses has the licenses that changed after their issue. Rows whose product is '' count all products. Tables whose rows change with
 * every group of events keep room for new versions of them. No key refers to a license, whose row every insertion would lock.
 */
const TABLES = `
  CREATE TABLE report_cursors (
    tenant_id text NOT NULL CONSTRAINT report_cursors_tenant REFERENCES tenants (id),
    seq bigint NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id)
  );

  CREATE TABLE report_licenses (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    product_id text NOT NULL,
    template_id text NOT NULL,
    template_version integer NOT NULL,
    license_type text NOT NULL,
    license_model text NOT NULL,
    status text NOT NULL,
    in_grace boolean NOT NULL,
    trial boolean NOT NULL,
    expiry_date timestamptz(3),
    grace_period_days integer NOT NULL,
    auto_renewal_enabled boolean NOT NULL,
    max_activations integer,
    seats_in_use integer NOT NULL,
    seat_limit integer,
    fill integer,
    PRIMARY KEY (tenant_id, license_id)
  );
  CREATE INDEX report_licenses_fill ON report_licenses (tenant_id, fill DESC, license_id)
    WHERE fill >= 80 AND seat_limit > 1 AND (status = 'ACTIVE' OR in_grace);
  CREATE INDEX report_licenses_over_used ON report_licenses (tenant_id, license_id) WHERE fill > 100;
  CREATE INDEX report_licenses_devices_left ON report_licenses (tenant_id, license_id)
    WHERE seats_in_use > 0 AND status <> 'ACTIVE' AND NOT in_grace;

  CREATE TABLE report_license_counts (
    tenant_id text NOT NULL,
    product_id text NOT NULL,
    template_id text NOT NULL,
    template_version integer NOT NULL,
    status text NOT NULL,
    in_grace boolean NOT NULL,
    trial boolean NOT NULL,
    licenses bigint NOT NULL,
    seats_in_use bigint NOT NULL,
    limited_licenses bigint NOT NULL,
    limited_seats bigint NOT NULL,
    limited_seats_in_use bigint NOT NULL,
    nearly_full_licenses bigint NOT NULL,
    full_licenses bigint NOT NULL,
    over_used_licenses bigint NOT NULL,
    licenses_with_devices bigint NOT NULL,
    PRIMARY KEY (tenant_id, template_id, template_version, product_id, status, in_grace, trial)
  ) WITH (fillfactor = 50);

  CREATE TABLE report_expirations (
    tenant_id text NOT NULL,
    product_id text NOT NULL,
    day date NOT NULL,
    status text NOT NULL,
    auto_renewal_enabled boolean NOT NULL,
    licenses bigint NOT NULL,
    PRIMARY KEY (tenant_id, product_id, day, status, auto_renewal_enabled)
  ) WITH (fillfactor = 50);

  CREATE TABLE report_activity (
    tenant_id text NOT NULL,
    product_id text NOT NULL,
    day date NOT NULL,
    event_type text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (tenant_id, product_id, day, event_type)
  ) WITH (fillfactor = 50);

  CREATE TABLE report_denials (
    tenant_id text NOT NULL,
    product_id text NOT NULL,
    day date NOT NULL,
    code text NOT NULL,
    denials bigint NOT NULL,
    PRIMARY KEY (tenant_id, product_id, day, code)
  ) WITH (fillfactor = 50);
  CREATE INDEX report_denials_day ON report_denials (tenant_id, day);

  CREATE TABLE report_seat_peaks (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    day date NOT NULL,
    product_id text NOT NULL,
    peak integer NOT NULL,
    seat_limit integer,
    PRIMARY KEY (tenant_id, license_id, day)
  ) WITH (fillfactor = 80);
  CREATE INDEX report_seat_peaks_day ON report_seat_peaks (tenant_id, day, peak DESC, license_id) WHERE peak > 1;

  CREATE TABLE report_validations (
    tenant_id text NOT NULL CONSTRAINT report_validations_tenant REFERENCES tenants (id),
    product_id text NOT NULL,
    day date NOT NULL,
    code text NOT NULL,
    validations bigint NOT NULL,
    PRIMARY KEY (tenant_id, product_id, day, code)
  ) WITH (fillfactor = 50);
  CREATE INDEX report_validations_day ON report_validations (tenant_id, day);

  CREATE TABLE report_expired_use (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    validations bigint NOT NULL,
    first_seen_at timestamptz(3) NOT NULL,
    last_seen_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, license_id)
  );
`;
