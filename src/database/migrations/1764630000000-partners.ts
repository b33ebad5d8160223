import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Partners, their invitations, pools and the ledger of each pool, and the partner of customers and events. A second policy, which is
 * restrictive, keeps the transactions of a partner's key to the rows of that partner. Expands only.
 */
export class Partners1764630000000 implements MigrationInterface {
  name = 'Partners1764630000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(COLUMNS);
    for (const table of ['partners', 'partner_invitations', 'license_pools', 'pool_entries']) {
      await runner.query(`
        ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_wall ON ${table}
          USING (tenant_id = current_setting('app.tenant_id', true))
          WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
      `);
    }
    for (const table of PARTNER_TABLES) {
      await runner.query(
        `CREATE POLICY partner_wall ON ${table} AS RESTRICTIVE USING (${OF_PARTNER}) WITH CHECK (${OF_PARTNER})`,
      );
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const PARTNER_TABLES = [
  'partners',
  'partner_invitations',
  'license_pools',
  'pool_entries',
  'licenses',
  'customers',
  'license_event_logs',
];

/**
 * True if the transaction is of no partner, or of this one. It is an inequality, because the planner then expects almost every row to pass:
 * with an equality it would expect almost none, and plan lists for a few rows.
 */
const OF_PARTNER = `CASE WHEN coalesce(current_setting('app.partner_id', true), '') IN ('', partner_id::text) THEN 1 ELSE 0 END <> 0`;

const TABLES = `
  CREATE TABLE partners (
    tenant_id text NOT NULL CONSTRAINT partners_tenant REFERENCES tenants (id),
    partner_id uuid NOT NULL,
    name text NOT NULL,
    email text,
    status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'SUSPENDED')),
    license_effect text CHECK (license_effect IN ('SUSPEND', 'REVOKE')),
    license_effect_reason jsonb,
    metadata jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    name_lower text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    PRIMARY KEY (tenant_id, partner_id)
  );
  CREATE INDEX partners_page ON partners (tenant_id, created_at, partner_id);
  CREATE INDEX partners_license_effect ON partners (tenant_id, partner_id) WHERE license_effect IS NOT NULL;
  CREATE INDEX partners_name ON partners (tenant_id, name_lower text_pattern_ops);

  CREATE TABLE license_pools (
    tenant_id text NOT NULL,
    pool_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    template_id text NOT NULL,
    returns_revoked boolean NOT NULL,
    returns_expired boolean NOT NULL,
    expires_at timestamptz(3),
    expiry_recorded boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, pool_id),
    CONSTRAINT license_pools_partner FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, partner_id),
    CONSTRAINT license_pools_template FOREIGN KEY (tenant_id, template_id)
      REFERENCES license_templates (tenant_id, template_id)
  );
  CREATE INDEX license_pools_partner_page ON license_pools (tenant_id, partner_id, created_at, pool_id);
  CREATE INDEX license_pools_expiry ON license_pools (tenant_id, expires_at) WHERE NOT expiry_recorded;

  CREATE TABLE pool_entries (
    tenant_id text NOT NULL,
    pool_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    partner_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ALLOTMENT', 'ISSUE', 'RETURN', 'EXPIRY')),
    quantity integer NOT NULL CHECK (quantity <> 0),
    license_id uuid,
    allotted integer NOT NULL,
    issued integer NOT NULL,
    returned integer NOT NULL,
    expired integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, pool_id, number),
    CONSTRAINT pool_entries_pool FOREIGN KEY (tenant_id, pool_id) REFERENCES license_pools (tenant_id, pool_id),
    CONSTRAINT pool_entries_balance CHECK (allotted - issued + returned - expired >= 0),
    CHECK ((license_id IS NOT NULL) = (kind IN ('ISSUE', 'RETURN')))
  );
  CREATE INDEX pool_entries_license ON pool_entries (tenant_id, license_id, number) WHERE license_id IS NOT NULL;

  CREATE TABLE partner_invitations (
    tenant_id text NOT NULL,
    invitation_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    email text,
    code_sha256 bytea NOT NULL CHECK (octet_length(code_sha256) = 32),
    expires_at timestamptz(3) NOT NULL,
    redeemed_at timestamptz(3),
    withdrawn_at timestamptz(3),
    api_key_id uuid,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, invitation_id),
    CONSTRAINT partner_invitations_code UNIQUE (tenant_id, code_sha256),
    CONSTRAINT partner_invitations_partner FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, partner_id)
  );
  CREATE INDEX partner_invitations_page ON partner_invitations (tenant_id, partner_id, created_at, invitation_id);
`;

/** Each index contains only the rows of partners. */
const COLUMNS = `
  ALTER TABLE api_keys ADD COLUMN partner_id uuid,
    ADD CONSTRAINT api_keys_partner_role CHECK ((role IS NOT DISTINCT FROM 'partner') = (partner_id IS NOT NULL)),
    ADD CONSTRAINT api_keys_partner FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, partner_id);
  ALTER TABLE customers ADD COLUMN partner_id uuid;
  CREATE INDEX customers_partner ON customers (tenant_id, partner_id, created_at, customer_id) WHERE partner_id IS NOT NULL;
  ALTER TABLE outbox ADD COLUMN partner_id uuid;
  ALTER TABLE license_event_logs ADD COLUMN partner_id uuid;
  CREATE INDEX license_event_logs_partner ON license_event_logs (tenant_id, partner_id, seq) WHERE partner_id IS NOT NULL;
`;
