import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Quotes and orders with their lines, and the setting that says what fulfilment waits for. Amounts are minor units, at most 2^53 − 1, up
 * to which JSON numbers are exact. Expands only.
 */
export class Orders1764640000000 implements MigrationInterface {
  name = 'Orders1764640000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE tenants ADD COLUMN order_fulfilment_after text NOT NULL DEFAULT 'APPROVAL'
        CHECK (order_fulfilment_after IN ('APPROVAL', 'PAYMENT'))`);
    await runner.query(QUOTES);
    await runner.query(ORDERS);
    for (const table of ['quotes', 'quote_lines', 'orders', 'order_lines']) {
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

const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

/** Columns and checks of a line, without its key. */
const LINE = (table: string) => `
    line integer NOT NULL CHECK (line > 0),
    kind text NOT NULL CHECK (kind IN ('ISSUE', 'RENEW', 'CHANGE_TEMPLATE')),
    template_id text,
    license_id uuid,
    months integer CHECK (months > 0),
    days integer CHECK (days > 0),
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price BETWEEN 0 AND ${MAX_AMOUNT}),
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND ${MAX_AMOUNT}),
    CHECK (amount = quantity * unit_price),
    CHECK ((kind = 'RENEW') = (template_id IS NULL)),
    CHECK ((kind = 'ISSUE') = (license_id IS NULL)),
    CHECK (kind = 'ISSUE' OR quantity = 1),
    CONSTRAINT ${table}_template FOREIGN KEY (tenant_id, template_id)
      REFERENCES license_templates (tenant_id, template_id),
    CONSTRAINT ${table}_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)`;

const QUOTES = `
  CREATE TABLE quotes (
    tenant_id text NOT NULL CONSTRAINT quotes_tenant REFERENCES tenants (id),
    quote_id uuid NOT NULL,
    customer_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('DRAFT', 'SENT', 'ACCEPTED', 'DECLINED', 'EXPIRED')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total_amount bigint NOT NULL CHECK (total_amount BETWEEN 0 AND ${MAX_AMOUNT}),
    valid_until timestamptz(3) NOT NULL,
    order_id uuid,
    metadata jsonb NOT NULL,
    sent_at timestamptz(3),
    decided_at timestamptz(3),
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, quote_id),
    CHECK ((status = 'ACCEPTED') = (order_id IS NOT NULL))
  );
  CREATE INDEX quotes_page ON quotes (tenant_id, created_at, quote_id);
  CREATE INDEX quotes_customer ON quotes (tenant_id, customer_id, created_at, quote_id);
  CREATE INDEX quotes_open ON quotes (tenant_id, valid_until) WHERE status IN ('DRAFT', 'SENT');

  CREATE TABLE quote_lines (
    tenant_id text NOT NULL,
    quote_id uuid NOT NULL,
    ${LINE('quote_lines')},
    PRIMARY KEY (tenant_id, quote_id, line),
    CONSTRAINT quote_lines_quote FOREIGN KEY (tenant_id, quote_id) REFERENCES quotes (tenant_id, quote_id)
  );
`;

const ORDERS = `
  CREATE TABLE orders (
    tenant_id text NOT NULL CONSTRAINT orders_tenant REFERENCES tenants (id),
    order_id uuid NOT NULL,
    external_id text,
    quote_id uuid,
    customer_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'FULFILLED', 'CANCELLED')),
    payment_status text NOT NULL CHECK (payment_status IN ('PENDING', 'PAID', 'PARTIAL', 'FAILED', 'REFUNDED')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total_amount bigint NOT NULL CHECK (total_amount BETWEEN 0 AND ${MAX_AMOUNT}),
    paid_amount bigint NOT NULL CHECK (paid_amount BETWEEN 0 AND ${MAX_AMOUNT}),
    refunded_amount bigint NOT NULL CHECK (refunded_amount BETWEEN 0 AND paid_amount),
    metadata jsonb NOT NULL,
    approved_at timestamptz(3),
    fulfilled_at timestamptz(3),
    cancelled_at timestamptz(3),
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, order_id),
    CONSTRAINT orders_external UNIQUE (tenant_id, external_id),
    CONSTRAINT orders_quote UNIQUE (tenant_id, quote_id),
    CONSTRAINT orders_of_quote FOREIGN KEY (tenant_id, quote_id) REFERENCES quotes (tenant_id, quote_id)
  );
  CREATE INDEX orders_page ON orders (tenant_id, created_at, order_id);
  CREATE INDEX orders_customer ON orders (tenant_id, customer_id, created_at, order_id);
  CREATE INDEX orders_status ON orders (tenant_id, status, created_at, order_id);

  CREATE TABLE order_lines (
    tenant_id text NOT NULL,
    order_id uuid NOT NULL,
    ${LINE('order_lines')},
    fulfilled_quantity integer NOT NULL CHECK (fulfilled_quantity BETWEEN 0 AND quantity),
    license_ids uuid[] NOT NULL,
    refunded boolean NOT NULL,
    withdrawal text NOT NULL CHECK (withdrawal IN ('KEEP', 'SUSPEND', 'REVOKE')),
    withdrawn_quantity integer NOT NULL CHECK (withdrawn_quantity BETWEEN 0 AND cardinality(license_ids)),
    PRIMARY KEY (tenant_id, order_id, line),
    CHECK (cardinality(license_ids) = CASE kind WHEN 'ISSUE' THEN fulfilled_quantity ELSE 0 END),
    CONSTRAINT order_lines_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, order_id)
  );
`;
