import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether a license that is counted awaits its first activation, in which it has no grace period. Expands only: licenses that changed before
 * are counted so after `rebuild-reports`.
 */
export class ReportedStarts1764818000000 implements MigrationInterface {
  name = 'ReportedStarts1764818000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE report_licenses ADD COLUMN awaited_start jsonb`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
