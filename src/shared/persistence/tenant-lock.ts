import type { ForeignKeyNormalisation } from '../foreign-keys.js';
import type { Transaction } from './transaction.js';

/** Locks the tenant, so that one transaction at a time decides what exists once per tenant. Returns false if the tenant does not exist. */
export async function lockTenant(transaction: Transaction): Promise<boolean> {
  const rows = await transaction.query({
    text: 'SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE',
    values: [transaction.tenantId],
  });
  return rows.length === 1;
}

/** Settings of a tenant that an import follows. */
export interface ImportSettings {
  readonly allowShortKeys: boolean;
  readonly foreignKeyNormalisation: ForeignKeyNormalisation;
  readonly customersMustExist: boolean;
}

/** Locks the tenant like `lockTenant` and returns its settings, which stay until the transaction ends; undefined if it does not exist. */
export async function lockImportSettings(transaction: Transaction): Promise<ImportSettings | undefined> {
  const [settings] = await transaction.query<ImportSettings>({
    text: `SELECT allow_short_keys AS "allowShortKeys", foreign_key_normalisation AS "foreignKeyNormalisation",
                  customers_must_exist AS "customersMustExist"
           FROM tenants WHERE id = $1 FOR NO KEY UPDATE`,
    values: [transaction.tenantId],
  });
  return settings;
}
