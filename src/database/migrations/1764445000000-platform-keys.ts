import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Takes platform keys out of the application role's reach: it reads them all to know who calls, but writes those of tenants
 * alone. Not forced, because the owner makes platform keys, and backs up and restores all.
 */
export class PlatformKeys1764445000000 implements MigrationInterface {
  name = 'PlatformKeys1764445000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
      CREATE POLICY api_keys_read ON api_keys FOR SELECT USING (true);
      CREATE POLICY api_keys_insert ON api_keys FOR INSERT WITH CHECK (tenant_id IS NOT NULL);
      CREATE POLICY api_keys_update ON api_keys FOR UPDATE USING (tenant_id IS NOT NULL) WITH CHECK (tenant_id IS NOT NULL)`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
