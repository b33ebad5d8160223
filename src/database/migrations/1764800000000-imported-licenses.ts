import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The id that a license has in the system that it was imported from, and indexes by which support staff find licenses. Expands only. */
export class ImportedLicenses1764800000000 implements MigrationInterface {
  name = 'ImportedLicenses1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE licenses ADD COLUMN external_id text');
    await runner.query(
      'CREATE UNIQUE INDEX licenses_external_id ON licenses (tenant_id, external_id) WHERE external_id IS NOT NULL',
    );
    await runner.query(`
      CREATE INDEX licenses_last_four ON licenses (tenant_id, license_key_last_four, created_at, license_id)`);
    await runner.query('CREATE INDEX licenses_trials ON licenses (tenant_id, created_at, license_id) WHERE trial');
    await runner.query(`
      CREATE INDEX license_activations_fingerprint ON license_activations (tenant_id, fingerprint, license_id)`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
