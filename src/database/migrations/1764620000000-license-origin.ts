import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The order, subscription, partner and pool that a license comes from. Each index contains only the licenses that have one, so that
 * issuing any other license writes no entry. Expands only.
 */
export class LicenseOrigin1764620000000 implements MigrationInterface {
  name = 'LicenseOrigin1764620000000';

  async up(runner: QueryRunner): Promise<void> {
    // The id of a subscription is that of the billing system.
    const columns = { order_id: 'uuid', subscription_id: 'text', partner_id: 'uuid', pool_id: 'uuid' };
    const added = Object.entries(columns).map(([name, type]) => `ADD COLUMN ${name} ${type}`);
    await runner.query(`ALTER TABLE licenses ${added.join(', ')}`);
    for (const name of Object.keys(columns)) {
      await runner.query(`
        CREATE INDEX licenses_${name.replace('_id', '')} ON licenses (tenant_id, ${name}, created_at, license_id)
          WHERE ${name} IS NOT NULL`);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
