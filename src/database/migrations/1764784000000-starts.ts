import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Start of licenses that do not begin with their issue. Expands only. */
export class Starts1764784000000 implements MigrationInterface {
  name = 'Starts1764784000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE licenses ADD COLUMN starts_at timestamptz(3), ADD COLUMN awaited_start jsonb');
    await runner.query(`
      CREATE INDEX licenses_starts ON licenses (tenant_id, created_at, license_id)
        WHERE starts_at IS NOT NULL OR awaited_start IS NOT NULL`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
