import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Setting by which orders are fulfilled as soon as they are due, and how far that is for an order. Expands only. */
export class AutomaticFulfilment1764720000000 implements MigrationInterface {
  name = 'AutomaticFulfilment1764720000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tenants ADD COLUMN fulfil_orders_automatically boolean NOT NULL DEFAULT false`);
    await runner.query(`
      ALTER TABLE orders
        ADD COLUMN automatic_fulfilment text CHECK (automatic_fulfilment IN ('DUE', 'REFUSED')),
        ADD COLUMN fulfilment_refusal jsonb,
        ADD CHECK ((automatic_fulfilment IS NOT DISTINCT FROM 'REFUSED') = (fulfilment_refusal IS NOT NULL))`);
    await runner.query(`CREATE INDEX orders_due ON orders (tenant_id, updated_at) WHERE automatic_fulfilment = 'DUE'`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
