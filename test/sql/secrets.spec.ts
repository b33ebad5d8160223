import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { countOutdated, rekey, replaceLookupKey } from '../../src/maintenance/index.js';
import { SEALED_COLUMNS } from '../../src/maintenance/sealed-columns.js';
import { recipientDigest } from '../../src/notifications/index.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** Every way in which a secret might be written down. */
function spellings(secret: string): string[] {
  const bare = secret.replaceAll('-', '');
  return [secret, bare].flatMap((text) => {
    const bytes = Buffer.from(text);
    const upper = /^[0-9A-F]+$/.test(text) ? [text.toLowerCase(), Buffer.from(text, 'hex').toString('base64')] : [];
    return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), ...upper];
  });
}

/** The results in the order of the items, of which 10 are worked on at a time. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 10)
    results.push(...(await Promise.all(items.slice(at, at + 10).map(work))));
  return results;
}

describe('what is at rest', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  it('holds no usable license key and no usable API key, in no table and no spelling', async () => {
    const templateId = await api.template();
    const secrets: string[] = [api.key ?? ''];
    for (let i = 0; i < 5; i++) {
      const headers = { 'Idempotency-Key': `k${i}` };
      const order = { license_template_id: templateId, customer_id: 'c' };
      const license = (await api.post('/v1/licenses', order, headers)).body;
      await api.post(`/v1/licenses/${license.license_id}/reveal-key`, undefined, { 'Idempotency-Key': `r${i}` });
      const key = (await api.post('/v1/api-keys', { name: 'k', role: 'read-only' }, { 'Idempotency-Key': `a${i}` }))
        .body;
      const rotated = (await api.post(`/v1/api-keys/${key.id}/rotate`, { overlap_seconds: 60 })).body;
      secrets.push(license.license_key as string, key.api_key as string, rotated.api_key as string);
    }
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const tables = await app.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    );
    let dump = '';
    for (const { name } of tables) {
      const rows = await app.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      dump += rows.map(({ row }) => row).join('\n');
    }
    expect(dump).toContain(api.tenantId);
    expect(secrets).toHaveLength(16);
    for (const secret of secrets) for (const spelling of spellings(secret)) expect(dump).not.toContain(spelling);
    const events = (await api.get('/v1/license-events?limit=100')).text;
    for (const secret of secrets) expect(events).not.toContain(secret);
  });

  it('seals what the list of sealed columns says, and nothing else', async () => {
    const columns = await app.database.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%sealed%' ORDER BY 1`,
    );
    const listed = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
    expect(columns.map(({ name }) => name)).toEqual(listed.sort());
  });
});

describe('npm run rekey', () => {
  it('seals everything anew while licenses are issued, goes on where it was stopped, and then the old key can go', async () => {
    const [old, next, lookup] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const before = await TestApp.start({ secrets: new Secrets([old], lookup) });
    const tenants = [await before.tenant(), await before.tenant()];
    const templates = await Promise.all(tenants.map((tenant) => tenant.template()));
    const issued: Wire[] = [];
    for (const [at, tenant] of tenants.entries()) {
      const numbers = Array.from({ length: 300 }, (_, i) => i);
      const licenses = await inParallel(numbers, async (i) => {
        const order = { license_template_id: templates[at], customer_id: 'c' };
        const license = (await tenant.post('/v1/licenses', order, { 'Idempotency-Key': `k${i}` })).body;
        // The stored result of an issue request is not sealed; those of all other commands are.
        await tenant.post(
          '/v1/customers',
          { customer_id: `c-${i}`, last_name: 'Lovelace' },
          { 'Idempotency-Key': `c${i}` },
        );
        return license;
      });
      issued.push(...licenses);
    }
    const mail = { template: 'order_confirmation', order_id: 'o-1', to: 'jane@example.com' };
    const { email_message_id } = await tenants[0]!.create('/v1/email-messages', mail);
    const both = new Secrets([next, old], lookup);
    const during = await TestApp.start({ database: before.database, secrets: both });
    const [tenant, template] = [tenants[0]!, templates[0]!];
    const issuing = (async () => {
      for (let i = 0; i < 100; i++) {
        const there = during.bearer(tenant.tenantId, tenant.key ?? '');
        issued.push(await there.issue(template));
      }
    })();
    await withClient(before.database.ownerUrl, async (owner) => {
      expect(await countOutdated(owner, both)).toBeGreaterThanOrEqual(1_200);
      let batches = 0;
      const stopped = rekey(owner, both, () => {
        if (++batches === 2) throw new Error('stopped');
      });
      await expect(stopped).rejects.toThrow('stopped');
      const left = await countOutdated(owner, both);
      expect(left).toBeGreaterThan(0);
      let done = 0;
      await rekey(owner, both, (more) => (done += more));
      expect(done).toBe(left);
      await issuing;
      expect(await countOutdated(owner, both)).toBe(0);
    });
    const after = await TestApp.start({ database: before.database, secrets: new Secrets([next], lookup) });
    await inParallel(issued, async (license) => {
      const owner = tenants.find(({ tenantId }) => tenantId === license.tenant_id);
      const there = after.bearer(license.tenant_id as string, owner?.key ?? '');
      const revealed = await there.post(`/v1/licenses/${license.license_id}/reveal-key`);
      expect(revealed.body.license_key).toBe(license.license_key);
    });
    const there = after.bearer(tenant.tenantId, tenant.key ?? '');
    expect((await there.get(`/v1/email-messages/${email_message_id}`)).body.to).toBe(mail.to);
    const order = { license_template_id: template, customer_id: 'c' };
    expect((await there.post('/v1/licenses', order, { 'Idempotency-Key': 'k0' })).body).toEqual(issued[0]);
    const customer = await there.post(
      '/v1/customers',
      { customer_id: 'c-0', last_name: 'Lovelace' },
      { 'Idempotency-Key': 'c0' },
    );
    expect([customer.status, customer.headers['idempotency-replayed']]).toEqual([201, 'true']);
    await after.stop();
    await during.stop();
    await before.stop();
  }, 120_000);
});

describe('npm run replace-lookup-key', () => {
  it('makes every digest anew, all or none', async () => {
    const [master, lookup, next] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const [from, to] = [new Secrets([master], lookup), new Secrets([master], next)];
    const app = await TestApp.start({ secrets: from });
    const tenant = await app.tenant();
    const template = await tenant.template();
    const keys: string[] = [];
    for (let i = 0; i < 20; i++) keys.push((await tenant.issue(template)).license_key as string);
    const [{ license_id }] = (await tenant.get('/v1/licenses?limit=1')).body.data as Wire[];
    const reason = { code: 'OTHER' };
    const rotation = { overlap_seconds: 60, reason };
    const rotated = await tenant.post(`/v1/licenses/${license_id}/rotate-key`, rotation);
    keys.push(rotated.body.license_key as string);
    const ends = async () => app.database.query('SELECT valid_until FROM license_keys WHERE valid_until IS NOT NULL');
    const replaced = await ends();
    expect(replaced).toEqual([{ valid_until: new Date(rotated.body.former_key_valid_until as string) }]);
    await tenant.create('/v1/email-messages', { template: 'renewal_reminder', license_id, to: 'Ada@example.com' });
    const recipients = async () => {
      const rows = await app.database.query<{ digest: Buffer }>(
        'SELECT recipient_digest AS digest FROM email_messages',
      );
      return rows.map(({ digest }) => digest);
    };
    expect(await recipients()).toEqual([recipientDigest(from, 'ada@example.com')]);
    const digests = async () => {
      const rows = await app.database.query<{ digest: string }>(
        `SELECT encode(digest, 'hex') AS digest FROM license_keys`,
      );
      return rows.map(({ digest }) => digest).sort();
    };
    const expected = (secrets: Secrets) => keys.map((key) => secrets.digest(key).toString('hex')).sort();
    expect(await digests()).toEqual(expected(from));
    await withClient(app.database.ownerUrl, async (owner) => {
      const stopped = replaceLookupKey(owner, from, to, () => {
        throw new Error('stopped');
      });
      await expect(stopped).rejects.toThrow('stopped');
      expect(await digests()).toEqual(expected(from));
      await replaceLookupKey(owner, from, to, () => undefined);
    });
    expect(await digests()).toEqual(expected(to));
    expect(await ends()).toEqual(replaced);
    expect(await recipients()).toEqual([recipientDigest(to, 'ada@example.com')]);
    await app.stop();
  });
});
