import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Metadata keys that a tenant declares as filters, and the values of licenses by these keys. Expands only: the release before writes no
 * values, so a key is declared once it runs nowhere.
 */
export class MetadataFilters1764805000000 implements MigrationInterface {
  name = 'MetadataFilters1764805000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE tenants ADD COLUMN metadata_filters text[] NOT NULL DEFAULT '{}' CHECK (cardinality(metadata_filters) <= 5),
        ADD COLUMN metadata_filters_pending text[] NOT NULL DEFAULT '{}';
      CREATE INDEX tenants_metadata_filters_pending ON tenants (id) WHERE metadata_filters_pending <> '{}';

      CREATE TABLE license_metadata_values (
        tenant_id text NOT NULL,
        license_id uuid NOT NULL,
        key text NOT NULL,
        value text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tenant_id, license_id, key),
        CONSTRAINT license_metadata_values_license FOREIGN KEY (tenant_id, license_id) REFERENCES licenses (tenant_id, license_id)
      );
      CREATE INDEX license_metadata_values_page ON license_metadata_values (tenant_id, key, value, created_at, license_id);
      ALTER TABLE license_metadata_values ENABLE ROW LEVEL SECURITY;
      ALTER TABLE license_metadata_values FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_wall ON license_metadata_values
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
    `);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
