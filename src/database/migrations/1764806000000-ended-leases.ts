import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds licenses that lease seats, and seats of license files that have expired. No column of these indexes changes with a heartbeat, so
 * that a heartbeat writes no entry. Expands only.
 */
export class EndedLeases1764806000000 implements MigrationInterface {
  name = 'EndedLeases1764806000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX licenses_leasing ON licenses (tenant_id, license_id) WHERE license_type = 'CONCURRENT'`,
    );
    await runner.query(`
      CREATE INDEX license_activations_files ON license_activations (tenant_id, lent_until)
        WHERE status = 'ACTIVE' AND activation_type = 'OFFLINE'`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
