import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the latest activation of a device that has none now, however many devices the license has. Together with
 * license_activations_device, which has the active ones, it contains each row once, so that an activation writes no further entry.
 */
export class EndedDevices1764530000000 implements MigrationInterface {
  name = 'EndedDevices1764530000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX license_activations_ended_device
        ON license_activations (tenant_id, license_id, fingerprint, created_at, activation_id) WHERE status <> 'ACTIVE'`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
