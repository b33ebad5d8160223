import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subscriptions with their events, and who suspended a license. Expands only. */
export class Subscriptions1764650000000 implements MigrationInterface {
  name = 'Subscriptions1764650000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SUBSCRIPTIONS);
    await runner.query(EVENTS);
    await runner.query(HELD_LICENSES);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const isolated = (table: string) => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON ${table}
    USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
`;

/** The template may be unknown: an event names what the billing system calls so, and is stored all the same. */
const SUBSCRIPTIONS = `
  CREATE TABLE subscriptions (
    tenant_id text NOT NULL CONSTRAINT subscriptions_tenant REFERENCES tenants,
    subscription_id text NOT NULL,
    customer_id text NOT NULL,
    template_id text NOT NULL,
    license_id uuid,
    status text NOT NULL CHECK (status IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELED')),
    quantity integer CHECK (quantity > 0),
    period_start timestamptz(3),
    period_end timestamptz(3),
    cancel_at_period_end boolean NOT NULL,
    ends_at timestamptz(3),
    hold text CHECK (hold IN ('PAUSED', 'REFUNDED', 'CHARGED_BACK')),
    metadata jsonb NOT NULL,
    initial_state jsonb NOT NULL,
    applied_terms jsonb,
    license_problem jsonb,
    version integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id),
    CONSTRAINT subscriptions_license_fkey FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)
  );
  CREATE INDEX subscriptions_page ON subscriptions (tenant_id, created_at, subscription_id);
  CREATE INDEX subscriptions_customer_page ON subscriptions (tenant_id, customer_id, created_at, subscription_id);
  CREATE INDEX subscriptions_template_page ON subscriptions (tenant_id, template_id, created_at, subscription_id);
  CREATE INDEX subscriptions_status_page ON subscriptions (tenant_id, status, created_at, subscription_id);
  CREATE INDEX subscriptions_ended_page ON subscriptions (tenant_id, created_at, subscription_id) WHERE ends_at IS NOT NULL;
  CREATE INDEX subscriptions_period_page ON subscriptions (tenant_id, period_end, subscription_id)
    WHERE period_end IS NOT NULL;
  CREATE UNIQUE INDEX subscriptions_license ON subscriptions (tenant_id, license_id) WHERE license_id IS NOT NULL;
  ${isolated('subscriptions')}
`;

/** Events are stored once and never changed; the state of a subscription is derived from all of them. */
const EVENTS = `
  CREATE TABLE subscription_events (
    tenant_id text NOT NULL,
    subscription_id text NOT NULL,
    event_id text NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    kind text NOT NULL CHECK (kind IN ('activated', 'renewed', 'payment_failed', 'payment_recovered', 'plan_changed',
      'quantity_changed', 'paused', 'resumed', 'cancel_scheduled', 'canceled', 'refunded', 'charged_back', 'corrected')),
    facts jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, event_id),
    CONSTRAINT subscription_events_subscription FOREIGN KEY (tenant_id, subscription_id)
      REFERENCES subscriptions (tenant_id, subscription_id)
  );
  CREATE INDEX subscription_events_page ON subscription_events (tenant_id, subscription_id, occurred_at, event_id);
  ${isolated('subscription_events')}
`;

/** A suspension by a subscription ends with its reason; one by hand ends by hand alone. */
const HELD_LICENSES = `
  ALTER TABLE licenses ADD COLUMN held_by_subscription boolean NOT NULL DEFAULT false;
`;
