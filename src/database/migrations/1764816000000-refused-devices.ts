import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Refused devices of ended hours are found by their hour. Expands only. */
export class RefusedDevices1764816000000 implements MigrationInterface {
  name = 'RefusedDevices1764816000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX license_activation_refusals_devices ON license_activation_refusals (tenant_id, hour) WHERE fingerprint <> ''`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
