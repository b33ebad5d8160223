import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a tenant issues licenses only to customers that it has stored. Expands only. */
export class RequiredCustomers1764710000000 implements MigrationInterface {
  name = 'RequiredCustomers1764710000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants ADD COLUMN customers_must_exist boolean NOT NULL DEFAULT false');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
