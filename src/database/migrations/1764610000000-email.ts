import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * E-mail: templates of a tenant, messages with their attempts, and the cursor by which reminders follow the event log. Recipients, contents and
 * answers of the relay are sealed. Expands only: the release before sends no e-mail.
 */
export class Email1764610000000 implements MigrationInterface {
  name = 'Email1764610000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE tenants ADD COLUMN email_settings jsonb NOT NULL DEFAULT '{}';
      ALTER TABLE customers ADD COLUMN language text;

      CREATE TABLE email_templates (
        tenant_id text NOT NULL,
        email_template_id text NOT NULL,
        template text NOT NULL,
        language text NOT NULL,
        subject text NOT NULL,
        text_body text NOT NULL,
        html_body text NOT NULL,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id, email_template_id),
        CONSTRAINT email_templates_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
      );

      CREATE TABLE email_messages (
        tenant_id text NOT NULL,
        email_message_id uuid NOT NULL,
        template text NOT NULL,
        license_id uuid,
        customer_id text,
        partner_id text,
        order_id text,
        resend_of uuid,
        milestone text,
        recipient_digest bytea,
        content_sealed bytea,
        may_reveal_key boolean NOT NULL,
        requested_by jsonb NOT NULL,
        status text NOT NULL,
        reason text,
        attempt_count integer NOT NULL,
        next_attempt_at timestamptz(3) NOT NULL,
        lease_id uuid,
        message_id text,
        sent_at timestamptz(3),
        expires_at timestamptz(3) NOT NULL,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id, email_message_id),
        CONSTRAINT email_messages_status CHECK (status IN ('QUEUED', 'SENT', 'FAILED', 'CANCELLED', 'EXPIRED')),
        CONSTRAINT email_messages_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        CONSTRAINT email_messages_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)
      );
      CREATE UNIQUE INDEX email_messages_milestone ON email_messages (tenant_id, milestone) WHERE milestone IS NOT NULL;
      CREATE INDEX email_messages_due ON email_messages (tenant_id, next_attempt_at) WHERE status = 'QUEUED';
      CREATE INDEX email_messages_newest ON email_messages (tenant_id, created_at, email_message_id);
      CREATE INDEX email_messages_license_id ON email_messages (tenant_id, license_id) WHERE license_id IS NOT NULL;
      CREATE INDEX email_messages_customer_id ON email_messages (tenant_id, customer_id) WHERE customer_id IS NOT NULL;
      CREATE INDEX email_messages_recipient ON email_messages (tenant_id, recipient_digest) WHERE recipient_digest IS NOT NULL;

      CREATE TABLE email_attempts (
        tenant_id text NOT NULL,
        attempt_id uuid NOT NULL,
        email_message_id uuid NOT NULL,
        number integer NOT NULL,
        outcome text,
        response_code smallint,
        response_sealed bytea,
        started_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        PRIMARY KEY (tenant_id, attempt_id),
        CONSTRAINT email_attempts_number UNIQUE (tenant_id, email_message_id, number),
        CONSTRAINT email_attempts_outcome CHECK (outcome IN ('SENT', 'DEFERRED', 'REFUSED', 'UNREACHABLE', 'UNKNOWN')),
        CONSTRAINT email_attempts_message FOREIGN KEY (tenant_id, email_message_id)
          REFERENCES email_messages (tenant_id, email_message_id)
      );

      CREATE TABLE email_cursors (
        tenant_id text NOT NULL,
        seq bigint NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id),
        CONSTRAINT email_cursors_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
      );
    `);
    for (const table of ['email_templates', 'email_messages', 'email_attempts', 'email_cursors']) {
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
