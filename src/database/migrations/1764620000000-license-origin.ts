import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The order, subscription, partner and pool that a license comes from. Each index contains only the licenses that have one, so that
 * issuing any other license writes no entry. Expands only.
 */
export class LicenseOrigin1764620000000 implements MigrationInterface {
  name = 'LicenseOrigin1764620000000';

  async up(runner: QueryRunner): Promise<void> {
    const columns = ['order_id', 'subscription_id', 'partner_id', 'pool_id'];
    await runner.query(`ALTER TABLE licenses ${columns.map((name) => `ADD COLUMN ${name} uuid`).join(', ')}`);
    for (const name of columns) {
      await runner.query(`
        CREATE INDEX licenses_${name.replace('_id', '')} ON licenses (tenant_id, ${name}, created_at, license_id)
          WHERE ${name} IS NOT NULL`);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
