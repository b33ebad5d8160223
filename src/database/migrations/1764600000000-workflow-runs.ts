import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Runs of workflows as a tenant sees them. The engine keeps their steps in the schema `workflows`, which it migrates itself and in which
 * nothing is found but by a row of this table. Expands only.
 */
export class WorkflowRuns1764600000000 implements MigrationInterface {
  name = 'WorkflowRuns1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workflow_runs (
        tenant_id text NOT NULL,
        run_id text NOT NULL,
        workflow text NOT NULL,
        engine text NOT NULL,
        state text NOT NULL CHECK (state IN ('RUNNING', 'WAITING', 'STALLED', 'COMPLETED', 'FAILED', 'CANCELLED')),
        input_digest bytea NOT NULL,
        customer_id text,
        email_digest bytea,
        started_by jsonb NOT NULL,
        waiting_for text,
        waiting_until timestamptz(3),
        cancel_requested_at timestamptz(3),
        result jsonb,
        error jsonb,
        undone jsonb NOT NULL DEFAULT '[]',
        not_undone jsonb NOT NULL DEFAULT '[]',
        failed_attempts integer NOT NULL DEFAULT 0,
        last_failure jsonb,
        ended_at timestamptz(3),
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id, run_id),
        CONSTRAINT workflow_runs_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        CHECK ((ended_at IS NULL) = (state IN ('RUNNING', 'WAITING', 'STALLED')))
      );
      CREATE INDEX workflow_runs_page ON workflow_runs (tenant_id, created_at, run_id);
      CREATE INDEX workflow_runs_open ON workflow_runs (tenant_id, state, created_at, run_id) WHERE ended_at IS NULL;
      CREATE INDEX workflow_runs_customer ON workflow_runs (tenant_id, customer_id, created_at, run_id)
        WHERE customer_id IS NOT NULL;
      CREATE INDEX workflow_runs_email ON workflow_runs (tenant_id, email_digest) WHERE email_digest IS NOT NULL;
      ALTER TABLE workflow_runs ENABLE ROW LEVEL SECURITY;
      ALTER TABLE workflow_runs FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_wall ON workflow_runs
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
    `);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
