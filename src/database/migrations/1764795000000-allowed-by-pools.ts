import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Starts and overrides that a pool allows to the keys of its partner. Expands only. */
export class AllowedByPools1764795000000 implements MigrationInterface {
  name = 'AllowedByPools1764795000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE license_pools
        ADD COLUMN allowed_actions text[] NOT NULL DEFAULT '{}', ADD COLUMN allowed_overrides text[] NOT NULL DEFAULT '{}'`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
