import type { MigrationInterface, QueryRunner } from 'typeorm';

/** External ids that are unique among the licenses of the vendor and among those of each partner, who may import. Expands only. */
export class ExternalIdsOfPartners1764812000000 implements MigrationInterface {
  name = 'ExternalIdsOfPartners1764812000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX licenses_external_id');
    await runner.query(`
      CREATE UNIQUE INDEX licenses_external_id ON licenses (tenant_id, external_id, partner_id) NULLS NOT DISTINCT
        WHERE external_id IS NOT NULL`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
