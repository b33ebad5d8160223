import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events of licenses are found by license_id: that they also stood in the index over resources cost each issue a write for
 * nothing. Expands only: the release before reads them without that index, more slowly.
 */
export class LeanLog1764050000000 implements MigrationInterface {
  name = 'LeanLog1764050000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX license_event_logs_resource;
      CREATE INDEX license_event_logs_resource ON license_event_logs (tenant_id, resource_id, seq)
        WHERE resource_type <> 'license';
    `);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
