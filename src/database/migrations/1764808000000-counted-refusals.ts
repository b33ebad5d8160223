import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Refusals by their code, and numbers of those that have no event of their own, in rows without a device. Expands only: the release before
 * stores its rows with the defaults.
 */
export class CountedRefusals1764808000000 implements MigrationInterface {
  name = 'CountedRefusals1764808000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE license_activation_refusals
        ADD COLUMN code text NOT NULL DEFAULT 'ACTIVATION_LIMIT_REACHED',
        ADD COLUMN refusals integer NOT NULL DEFAULT 1,
        DROP CONSTRAINT license_activation_refusals_pkey,
        ADD PRIMARY KEY (tenant_id, license_id, fingerprint, hour, code)`);
    await runner.query(`
      CREATE INDEX license_activation_refusals_counted ON license_activation_refusals (tenant_id, hour) WHERE fingerprint = ''`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
