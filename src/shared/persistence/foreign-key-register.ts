import type { Transaction } from './transaction.js';

/** Knows whether the tenant of a transaction has imported license keys. The module that stores license keys implements it. */
export abstract class ForeignKeyRegister {
  abstract hasAny(transaction: Transaction): Promise<boolean>;
}
