import pg from 'pg';

/** Background work of a process, which no request causes: reading the database's clock, moving events, reading API keys and tenants again, noting who was seen, counting for reports, following the log for e-mail. */
const BACKGROUND =
  /^SELECT \(extract\(epoch FROM clock_timestamp|DELETE FROM outbox|FROM outbox WHERE stored_at|JOIN api_keys|^SELECT id, status, require_if_match|SET last_(used|seen)_at|FROM tenants ORDER BY|FROM tenants\s+WHERE id > |report_cursors|report_validations|report_expired_use|email_cursors/;

/**
 * Returns the statements sent to PostgreSQL during the work, except those of background tasks and of their transactions, also those
 * that were begun before.
 * `alsoBackground` matches statements of a task that the work cannot cause.
 */
export async function statementsOf(work: () => Promise<unknown>, alsoBackground?: RegExp): Promise<string[]> {
  let units: string[][] = [];
  const open = new Map<pg.Client, string[]>();
  /** Statements that a client sent outside of transactions whose beginning was seen. */
  const outside = new Map<pg.Client, string[][]>();
  // oxlint-disable-next-line typescript/unbound-method -- called with `this` below
  const original = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...args: unknown[]) {
      const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text: string }).text;
      const ends = /^(COMMIT|ROLLBACK)/.test(text);
      const unit = open.get(this) ?? [];
      if (unit.push(text) === 1 && !ends) units.push(unit);
      if (text.includes('; BEGIN ')) open.set(this, unit);
      else if (!open.has(this) && !ends) outside.set(this, [...(outside.get(this) ?? []), unit]);
      // The transaction was begun before: nothing in it was caused by the work.
      if (ends && !open.has(this)) units = units.filter((one) => !outside.get(this)?.includes(one));
      if (ends || open.has(this)) outside.delete(this);
      if (ends) open.delete(this);
      return original.apply(this, args);
    },
  });
  try {
    await work();
  } finally {
    Object.assign(pg.Client.prototype, { query: original });
  }
  return units.filter((unit) => !unit.some((text) => BACKGROUND.test(text) || alsoBackground?.test(text))).flat();
}
