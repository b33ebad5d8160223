import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lists that are narrowed by expiry come in its order, and searches of licenses in that of names: their indexes give it, with the id
 * for what is equal. All searches compare bytes, in the way that also sorts. Expands only: the release before searches without an
 * index, more slowly.
 */
export class OrderedLists1764320000000 implements MigrationInterface {
  name = 'OrderedLists1764320000000';

  async up(runner: QueryRunner): Promise<void> {
    // The replaced indexes go last and at once: until then licenses can be read, and changes wait.
    for (const [name, definition] of INDEXES) await runner.query(`CREATE INDEX ${name}_next ON ${definition}`);
    for (const [name] of INDEXES) {
      await runner.query(`DROP INDEX ${name}; ALTER INDEX ${name}_next RENAME TO ${name}`);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const INDEXES = [
  ['licenses_expiry', 'licenses (tenant_id, expiry_date, license_id) WHERE expiry_date IS NOT NULL'],
  ['licenses_search', 'licenses (tenant_id, issued_to_lower COLLATE "C", license_id)'],
  ['billing_products_name', 'billing_products (tenant_id, name_lower COLLATE "C")'],
  ['billing_products_sku', 'billing_products (tenant_id, sku_lower COLLATE "C")'],
  ['license_templates_search', 'license_templates (tenant_id, template_name_lower COLLATE "C")'],
  ['customers_full_name', 'customers (tenant_id, full_name_lower COLLATE "C")'],
  ['customers_last_name', 'customers (tenant_id, last_name_lower COLLATE "C")'],
  ['customers_email', 'customers (tenant_id, email_lower COLLATE "C")'],
  ['customers_company_name', 'customers (tenant_id, company_name_lower COLLATE "C")'],
] as const;
