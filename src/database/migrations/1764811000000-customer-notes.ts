import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notes of staff on customers. Expands only. */
export class CustomerNotes1764811000000 implements MigrationInterface {
  name = 'CustomerNotes1764811000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE customer_notes (
        tenant_id text NOT NULL,
        note_id uuid NOT NULL,
        customer_id text NOT NULL,
        text text NOT NULL CHECK (char_length(text) <= 10000),
        author jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id, note_id),
        CONSTRAINT customer_notes_customer FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, customer_id)
      );
      CREATE INDEX customer_notes_page ON customer_notes (tenant_id, customer_id, created_at, note_id);
      ALTER TABLE customer_notes ENABLE ROW LEVEL SECURITY;
      ALTER TABLE customer_notes FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_wall ON customer_notes
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
    `);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
