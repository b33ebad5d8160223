import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { MaintenanceError } from '../maintenance.error.js';
import { inTenant } from '../tenant-transaction.js';
import { eraseLicenses, licensesEverHeld } from './erase-licenses.js';
import { addressDigests, eraseEmails } from './erase-emails.js';
import { erasePartner } from './erase-partner.js';
import { eraseResults } from './erase-results.js';
import { eraseSales } from './erase-sales.js';
import { eraseWorkflowRuns } from './erase-workflow-runs.js';
import { EVENT_TABLES, recordEvents, type Erased, type Erasure } from './erasure.js';

/** Longer than any transaction of a server can take. */
const MAX_WAIT_MS = 60_000;
/** Licenses that one transaction locks. */
const CHUNK_SIZE = 100;
/** Most passes. More than one is needed only if earlier requests complete during the erasure. */
const MAX_PASSES = 10;

/**
 * Erases a customer's personal data everywhere (SECURITY.md, decision 0034) as the owner role while servers run; a killed run can be
 * repeated. Passes repeat until nothing is left, as transactions in flight may write old data. Throws MaintenanceError.
 */
export async function eraseCustomer(
  owner: pg.ClientBase,
  secrets: Secrets,
  tenantId: string,
  customerId: string,
  now: Date,
): Promise<Erased> {
  const erasure = { owner, tenantId, customerId, now };
  const total = { licenses: 0, devices: 0, events: 0, results: 0, emails: 0, runs: 0 };
  const digests = await inTenant(owner, tenantId, () => addressDigests(erasure, secrets));
  const { runs, otherCustomerIds } = await eraseWorkflowRuns(erasure, secrets, digests);
  total.runs = runs;
  // A run that had not created its customer before the cancellation may have done so since.
  for (const id of otherCustomerIds) await eraseCustomer(owner, secrets, tenantId, id, now);
  let isKnown = runs > 0;
  for (let passes = 1; ; passes++) {
    const row = await inTenant(owner, tenantId, () => eraseRow(erasure, digests));
    await waitForOlderTransactions(owner);
    const pass = await erasePass(erasure, secrets, digests);
    isKnown ||= row.isKnown || pass.isKnown;
    if (!isKnown)
      throw new MaintenanceError(`The tenant ${tenantId} has no customer ${customerId} and no license of one.`);
    total.emails += row.emails;
    let changed = row.changed + row.emails + pass.sales;
    for (const name of ['licenses', 'devices', 'events', 'results', 'emails'] as const) {
      total[name] += pass[name];
      changed += pass[name];
    }
    if (changed === 0) break;
    if (passes === MAX_PASSES)
      throw new MaintenanceError(
        `Data of the customer ${customerId} continue to arrive. Stop their source, then run this again.`,
      );
  }
  const event = { type: 'customer.erased', resourceType: 'customer', resourceId: customerId, licenseId: null };
  await inTenant(owner, tenantId, () => recordEvents(erasure, [{ ...event, data: { ...total } }]));
  return total;
}

/** Messages are erased with the row, since the addresses by which they are found are known no longer. */
async function eraseRow(erasure: Erasure, digests: readonly Buffer[]) {
  const { owner, tenantId, customerId, now } = erasure;
  const emails = await eraseEmails(erasure, digests);
  const { rowCount: changed } = await owner.query(
    `UPDATE customers SET first_name = NULL, last_name = NULL, email = NULL, company_name = NULL, language = NULL, metadata = '{}',
            version = version + 1, updated_at = $3
     WHERE tenant_id = $1 AND customer_id = $2
       AND (coalesce(first_name, last_name, email, company_name, language) IS NOT NULL OR metadata <> '{}')`,
    [tenantId, customerId, now],
  );
  const { rowCount: subscriptions } = await owner.query(
    `UPDATE subscriptions SET metadata = '{}', version = version + 1, updated_at = $3
     WHERE tenant_id = $1 AND customer_id = $2 AND metadata <> '{}'`,
    [tenantId, customerId, now],
  );
  const { rowCount: found } = await owner.query('SELECT FROM customers WHERE tenant_id = $1 AND customer_id = $2', [
    tenantId,
    customerId,
  ]);
  const partner = await erasePartner(erasure);
  return {
    isKnown: found === 1 || partner.isKnown,
    changed: (changed ?? 0) + (subscriptions ?? 0) + partner.changed,
    emails,
  };
}

/**
 * Waits until all current transactions of servers have ended. Each holds a lock on its virtual id before its first snapshot; transaction
 * ids would miss those without a write. Owner sessions only read.
 */
async function waitForOlderTransactions(owner: pg.ClientBase): Promise<void> {
  const inProgress = async () => {
    const { rows } = await owner.query<{ id: string }>(
      `SELECT virtualxid || ' ' || pid AS id FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'virtualxid' AND datname = current_database() AND usename <> current_user`,
    );
    return rows.map(({ id }) => id);
  };
  let older = await inProgress();
  for (const deadline = Date.now() + MAX_WAIT_MS; older.length > 0; await pause(50)) {
    const now = new Set(await inProgress());
    older = older.filter((id) => now.has(id));
    if (older.length > 0 && Date.now() > deadline)
      throw new MaintenanceError('A transaction of another session does not end. End it, then run this again.');
  }
}

async function erasePass(erasure: Erasure, secrets: Secrets, digests: readonly Buffer[]) {
  const { owner, tenantId } = erasure;
  const { licenseIds, customerEvents, sales, notes, emails } = await inTenant(owner, tenantId, async () => ({
    licenseIds: await licensesEverHeld(erasure),
    customerEvents: await eraseCustomerEvents(erasure),
    sales: await eraseSales(erasure),
    notes: await deleteNotes(erasure),
    emails: await eraseEmails(erasure, digests),
  }));
  const pass = { licenses: 0, devices: 0, events: customerEvents + sales.events, sales: sales.rows + notes };
  const deviceIds = new Set<string>();
  for (let at = 0; at < licenseIds.length; at += CHUNK_SIZE) {
    const chunk = licenseIds.slice(at, at + CHUNK_SIZE);
    const { devices, changed } = await inTenant(owner, tenantId, () => eraseLicenses(erasure, secrets, chunk));
    for (const id of devices) deviceIds.add(id);
    pass.licenses += changed.licenses;
    pass.devices += changed.devices;
    pass.events += changed.events;
  }
  const results = await eraseResults(erasure, secrets, { licenseIds: new Set(licenseIds), deviceIds });
  return { ...pass, results, emails, isKnown: licenseIds.length > 0 || customerEvents > 0 || sales.rows > 0 };
}

async function deleteNotes({ owner, tenantId, customerId }: Erasure): Promise<number> {
  const { rowCount } = await owner.query('DELETE FROM customer_notes WHERE tenant_id = $1 AND customer_id = $2', [
    tenantId,
    customerId,
  ]);
  return rowCount ?? 0;
}

async function eraseCustomerEvents({ owner, tenantId, customerId }: Erasure): Promise<number> {
  let changed = 0;
  for (const table of EVENT_TABLES) {
    const { rowCount } = await owner.query(
      `UPDATE ${table} SET personal = NULL
       WHERE tenant_id = $1 AND personal IS NOT NULL AND (resource_type = 'customer' AND resource_id = $2
         OR resource_type = 'subscription' AND resource_id IN (
           SELECT subscription_id FROM subscriptions WHERE tenant_id = $1 AND customer_id = $2))`,
      [tenantId, customerId],
    );
    changed += rowCount ?? 0;
  }
  return changed;
}
