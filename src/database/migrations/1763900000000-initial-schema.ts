import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. Its rules (see docs/decisions/0004-tenant-isolation.md): every key and foreign key of a tenant
 * table starts with tenant_id, no triggers, no identity columns, enumerations are text with a CHECK, times are
 * timestamptz(3) given by the application. What is searched by prefix has a lower-case column beside it, because
 * under row-level security only ranges on plain text columns reach an index.
 */
export class InitialSchema1763900000000 implements MigrationInterface {
  name = 'InitialSchema1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OUTSIDE_ROW_LEVEL_SECURITY);
    await runner.query(CATALOGUE);
    await runner.query(LICENSES);
    await runner.query(EVENTS);
    for (const table of TENANT_TABLES) {
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
    throw new Error('The first schema is not undone: drop the database instead.');
  }
}

const TENANT_TABLES = [
  'billing_products',
  'license_templates',
  'customers',
  'licenses',
  'license_event_logs',
  'license_event_counters',
];

/** Tables that are read before a tenant is known, or by no tenant. None of them holds a usable secret. */
const OUTSIDE_ROW_LEVEL_SECURITY = `
  CREATE TABLE tenants (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
    status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'SUSPENDED')),
    created_at timestamptz(3) NOT NULL
  );

  CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenants (id),
    name text NOT NULL,
    permissions text[] NOT NULL,
    key_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(key_sha256) = 32),
    key_prefix text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    last_used_at timestamptz(3),
    expires_at timestamptz(3),
    revoked_at timestamptz(3)
  );
  CREATE INDEX api_keys_tenant ON api_keys (tenant_id);

  CREATE TABLE license_keys (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 16),
    tenant_id text NOT NULL,
    license_id uuid NOT NULL
  );

  CREATE TABLE outbox (
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    event_type text NOT NULL,
    license_id uuid,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    event_data jsonb NOT NULL,
    personal jsonb,
    user_id text,
    actor jsonb NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    stored_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
  );
`;

const CATALOGUE = `
  CREATE TABLE billing_products (
    tenant_id text NOT NULL CONSTRAINT billing_products_tenant REFERENCES tenants (id),
    product_id text NOT NULL,
    name text NOT NULL,
    sku text,
    description text,
    active boolean NOT NULL,
    metadata jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    name_lower text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    sku_lower text GENERATED ALWAYS AS (lower(sku)) STORED,
    PRIMARY KEY (tenant_id, product_id)
  );
  CREATE INDEX billing_products_page ON billing_products (tenant_id, created_at, product_id);
  CREATE INDEX billing_products_name ON billing_products (tenant_id, name_lower text_pattern_ops);
  CREATE INDEX billing_products_sku ON billing_products (tenant_id, sku_lower text_pattern_ops);

  CREATE TABLE license_templates (
    tenant_id text NOT NULL,
    template_id text NOT NULL,
    template_name text NOT NULL,
    product_id text NOT NULL,
    description text,
    license_type text NOT NULL
      CHECK (license_type IN ('PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER')),
    license_model text NOT NULL
      CHECK (license_model IN ('PER_SEAT', 'PER_DEVICE', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE')),
    default_duration integer CHECK (default_duration BETWEEN 1 AND 36500),
    max_activations integer CHECK (max_activations BETWEEN 1 AND 1000000),
    features jsonb NOT NULL,
    restrictions jsonb NOT NULL,
    pricing jsonb NOT NULL,
    auto_renewal_enabled boolean NOT NULL,
    trial_allowed boolean NOT NULL,
    trial_duration_days integer NOT NULL CHECK (trial_duration_days BETWEEN 1 AND 36500),
    grace_period_days integer NOT NULL CHECK (grace_period_days BETWEEN 0 AND 36500),
    active boolean NOT NULL,
    metadata jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    template_name_lower text NOT NULL GENERATED ALWAYS AS (lower(template_name)) STORED,
    PRIMARY KEY (tenant_id, template_id),
    CONSTRAINT license_templates_name UNIQUE (tenant_id, template_name),
    CONSTRAINT license_templates_product FOREIGN KEY (tenant_id, product_id)
      REFERENCES billing_products (tenant_id, product_id),
    CHECK (license_type <> 'PERPETUAL' OR default_duration IS NULL)
  );
  CREATE INDEX license_templates_page ON license_templates (tenant_id, created_at, template_id);
  CREATE INDEX license_templates_product_page ON license_templates (tenant_id, product_id, created_at, template_id);
  CREATE INDEX license_templates_search ON license_templates (tenant_id, template_name_lower text_pattern_ops);

  CREATE TABLE customers (
    tenant_id text NOT NULL CONSTRAINT customers_tenant REFERENCES tenants (id),
    customer_id text NOT NULL,
    first_name text,
    last_name text,
    email text,
    company_name text,
    active boolean NOT NULL,
    metadata jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    full_name_lower text GENERATED ALWAYS AS (
      lower(CASE WHEN last_name IS NULL THEN first_name
                 WHEN first_name IS NULL THEN last_name
                 ELSE first_name || ' ' || last_name END)) STORED,
    last_name_lower text GENERATED ALWAYS AS (lower(last_name)) STORED,
    email_lower text GENERATED ALWAYS AS (lower(email)) STORED,
    company_name_lower text GENERATED ALWAYS AS (lower(company_name)) STORED,
    PRIMARY KEY (tenant_id, customer_id)
  );
  CREATE INDEX customers_page ON customers (tenant_id, created_at, customer_id);
  CREATE INDEX customers_full_name ON customers (tenant_id, full_name_lower text_pattern_ops);
  CREATE INDEX customers_last_name ON customers (tenant_id, last_name_lower text_pattern_ops);
  CREATE INDEX customers_email ON customers (tenant_id, email_lower text_pattern_ops);
  CREATE INDEX customers_company_name ON customers (tenant_id, company_name_lower text_pattern_ops);
`;

const LICENSES = `
  CREATE TABLE licenses (
    tenant_id text NOT NULL,
    license_id uuid NOT NULL,
    license_key_sealed bytea NOT NULL,
    license_key_last_four text NOT NULL,
    customer_id text NOT NULL,
    template_id text NOT NULL,
    template_version integer NOT NULL,
    product_id text NOT NULL,
    product_name text NOT NULL,
    license_type text NOT NULL
      CHECK (license_type IN ('PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER')),
    license_model text NOT NULL
      CHECK (license_model IN ('PER_SEAT', 'PER_DEVICE', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE')),
    status text NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING')),
    issued_to text NOT NULL,
    issued_date timestamptz(3) NOT NULL,
    expiry_date timestamptz(3),
    maintenance_expiry timestamptz(3),
    default_duration integer,
    grace_period_days integer NOT NULL,
    auto_renewal_enabled boolean NOT NULL,
    max_activations integer,
    current_activations integer NOT NULL CHECK (current_activations >= 0),
    features jsonb NOT NULL,
    restrictions jsonb NOT NULL,
    pricing jsonb NOT NULL,
    metadata jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    issued_to_lower text NOT NULL GENERATED ALWAYS AS (lower(issued_to)) STORED,
    PRIMARY KEY (tenant_id, license_id),
    CONSTRAINT licenses_template FOREIGN KEY (tenant_id, template_id)
      REFERENCES license_templates (tenant_id, template_id),
    CONSTRAINT licenses_product FOREIGN KEY (tenant_id, product_id)
      REFERENCES billing_products (tenant_id, product_id)
  );
  CREATE INDEX licenses_page ON licenses (tenant_id, created_at, license_id);
  CREATE INDEX licenses_customer ON licenses (tenant_id, customer_id, created_at, license_id);
  CREATE INDEX licenses_product_page ON licenses (tenant_id, product_id, created_at, license_id);
  CREATE INDEX licenses_template_page ON licenses (tenant_id, template_id, created_at, license_id);
  CREATE INDEX licenses_expiry ON licenses (tenant_id, expiry_date);
  CREATE INDEX licenses_search ON licenses (tenant_id, issued_to_lower text_pattern_ops);
`;

const EVENTS = `
  CREATE TABLE license_event_counters (
    tenant_id text PRIMARY KEY,
    last_seq bigint NOT NULL CHECK (last_seq >= 0)
  );

  CREATE TABLE license_event_logs (
    tenant_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    id uuid NOT NULL,
    event_type text NOT NULL,
    license_id uuid,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    event_data jsonb NOT NULL,
    personal jsonb,
    user_id text,
    actor jsonb NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, seq),
    CONSTRAINT license_event_logs_once UNIQUE (tenant_id, id)
  );
  CREATE INDEX license_event_logs_license ON license_event_logs (tenant_id, license_id, seq) WHERE license_id IS NOT NULL;
  CREATE INDEX license_event_logs_resource ON license_event_logs (tenant_id, resource_type, resource_id, seq);
  CREATE INDEX license_event_logs_type ON license_event_logs (tenant_id, event_type, seq);
  CREATE INDEX license_event_logs_time ON license_event_logs (tenant_id, created_at);
`;
