import { EVENT_TABLES, type Erasure } from './erasure.js';

/** Counts of quotes and orders whose metadata was erased, and of their events. */
export interface ErasedSales {
  readonly rows: number;
  readonly events: number;
}

/** Erases the metadata of the customer's quotes and orders, and all free text in events of those that the customer has or had. */
export async function eraseSales({ owner, tenantId, customerId, now }: Erasure): Promise<ErasedSales> {
  const changed = { rows: 0, events: 0 };
  for (const table of ['quotes', 'orders']) {
    const { rowCount } = await owner.query(
      `UPDATE ${table} SET metadata = '{}', version = version + 1, updated_at = $3
       WHERE tenant_id = $1 AND customer_id = $2 AND metadata <> '{}'`,
      [tenantId, customerId, now],
    );
    changed.rows += rowCount ?? 0;
  }
  for (const table of EVENT_TABLES) {
    const { rowCount } = await owner.query(
      `UPDATE ${table} SET personal = NULL
       WHERE tenant_id = $1 AND resource_type IN ('quote', 'order') AND personal IS NOT NULL AND resource_id IN (
         SELECT quote_id::text FROM quotes WHERE tenant_id = $1 AND customer_id = $2
         UNION SELECT order_id::text FROM orders WHERE tenant_id = $1 AND customer_id = $2
         UNION SELECT resource_id FROM ${table} WHERE tenant_id = $1 AND resource_type IN ('quote', 'order')
           AND $2 IN (event_data -> 'before' ->> 'customer_id', event_data -> 'after' ->> 'customer_id'))`,
      [tenantId, customerId],
    );
    changed.events += rowCount ?? 0;
  }
  return changed;
}
