import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EmailMessageRepository } from '../../src/notifications/email-message.repository.js';
import { Clock } from '../../src/shared/time/clock.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestRelay } from '../support/relay.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const ENVIRONMENT = {
  EMAIL_FROM: 'licenses@vendor.example',
  EMAIL_INTERVAL_MS: '30',
  EMAIL_RETRY_MS: '30',
  EMAIL_LIMIT_PER_HOUR: '5',
  LICENSE_TIMER_INTERVAL_MS: '30',
};

describe('reminders', () => {
  let relay: TestRelay;
  let database: TestDatabase;
  let apps: TestApp[];
  let api: Api;
  let template: string;
  const time = { now: Date.now() };

  const startApp = (secrets?: TestApp['secrets']) =>
    TestApp.start({
      database,
      ...(secrets && { secrets }),
      environment: { ...ENVIRONMENT, SMTP_URL: relay.url },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => new Date(time.now) }),
    });

  beforeAll(async () => {
    relay = await TestRelay.start();
    database = await TestDatabase.create();
    const first = await startApp();
    // Two processes follow the same log.
    apps = [first, await startApp(first.secrets)];
  });

  beforeEach(async () => {
    api = await apps[0]!.tenant();
    template = await api.template({
      default_duration: 40,
      trial_allowed: true,
      trial_duration_days: 14,
      grace_period_days: 5,
    });
  });

  afterAll(async () => {
    for (const app of apps) await app.stop();
    await database.drop();
    await relay.stop();
  });

  const switchOn = async (emails: Wire) => expect((await api.patch('/v1/settings', { emails })).status).toBe(200);
  const issueTo = async (name: string, order: Wire = {}): Promise<Wire> => {
    await api.create('/v1/customers', { customer_id: name, first_name: name, email: `${name}@example.com` });
    return api.issue(template, { customer_id: name, ...order });
  };
  const recorded = (licenseId: string, type: string, count: number) =>
    eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${licenseId}&event_type=${type}`)).body;
      expect(data).toHaveLength(count);
    });
  /** Waits until the log was followed to its end. */
  const followed = () =>
    eventually(async () => {
      const [row] = await database.query<{ behind: string }>(
        `SELECT (SELECT count(*) FROM outbox WHERE tenant_id = $1) + (SELECT count(*) FROM license_event_logs event
           WHERE event.tenant_id = $1 AND event_type IN ('license.renewal_due', 'license.expired')
             AND seq > (SELECT seq FROM email_cursors WHERE tenant_id = $1)) AS behind`,
        [api.tenantId],
      );
      expect(row?.behind).toBe('0');
      const waiting = (await api.get('/v1/email-messages?status=QUEUED')).body.data;
      expect(waiting).toEqual([]);
    });
  const mailsTo = (name: string) => relay.to(`${name}@example.com`).map(({ subject }) => subject);

  it('are sent at the days of the setting, once each over two processes, and none for what happened before they were switched on', async () => {
    const started = time.now;
    const { license_id } = await issueTo('ann');
    time.now = started + 10 * DAY_MS + 60_000;
    await recorded(license_id as string, 'license.renewal_due', 1);
    time.now += 60_000;
    await switchOn({ renewal_reminder: true, license_expired: true, reminder_days: [7, 1] });
    // It had expired before its import.
    const since = new Date(started - 31 * DAY_MS).toISOString();
    const old = {
      license_template_id: template,
      customer: { customer_id: 'ann' },
      external_id: 'old',
      issued_date: since,
    };
    const body = JSON.stringify({ ...old, expiry_date: new Date(started - DAY_MS).toISOString() });
    const [imported] = (await api.send('post', '/v1/licenses:import', body, { 'Content-Type': NDJSON })).body;
    await recorded(imported.license_id as string, 'license.expired', 1);
    time.now = started + 33 * DAY_MS + 60_000;
    await recorded(license_id as string, 'license.renewal_due', 2);
    await followed();
    expect(mailsTo('ann')).toEqual([expect.stringMatching(/^Your license for Product ends on \w+ \d+, \d{4}$/)]);
    expect(relay.to('ann@example.com')[0]?.text).toContain('in 7 days');
    // A restart follows on from the cursor.
    await apps.pop()?.stop();
    apps.push(await startApp(apps[0]!.secrets));
    time.now = started + 39 * DAY_MS + 60_000;
    await recorded(license_id as string, 'license.renewal_due', 3);
    await followed();
    time.now = started + 40 * DAY_MS + 60_000;
    await recorded(license_id as string, 'license.expired', 1);
    await followed();
    expect(mailsTo('ann')).toEqual([
      expect.stringContaining('ends on'),
      expect.stringContaining('ends on'),
      'Your license for Product has expired',
    ]);
    const milestones = await database.query(`SELECT milestone FROM email_messages WHERE tenant_id = $1`, [
      api.tenantId,
    ]);
    expect(milestones).toHaveLength(3);
  });

  it('are not sent for suspended, revoked and renewed licenses, for kinds that are off, nor to customers without an address', async () => {
    const started = time.now;
    await switchOn({ trial_ending: true });
    const trial = await issueTo('tom', { trial: true });
    const full = await issueTo('fay');
    const suspended = await issueTo('sue', { trial: true });
    await api.create('/v1/customers', { customer_id: 'nobody', first_name: 'No' });
    const unreachable = await api.issue(template, { customer_id: 'nobody', trial: true });
    time.now = started + 7 * DAY_MS + 60_000;
    await recorded(trial.license_id as string, 'license.renewal_due', 1);
    await recorded(unreachable.license_id as string, 'license.renewal_due', 1);
    await followed();
    expect(mailsTo('tom')).toEqual([expect.stringMatching(/^Your trial of Product ends on/)]);
    await api.post(`/v1/licenses/${suspended.license_id}/suspend`, { reason: { code: 'OTHER' } });
    expect((await api.post(`/v1/licenses/${trial.license_id}/convert-trial`, {})).status).toBe(200);
    time.now = started + 13 * DAY_MS + 60_000;
    await recorded(unreachable.license_id as string, 'license.renewal_due', 2);
    time.now = started + 33 * DAY_MS + 60_000;
    await recorded(full.license_id as string, 'license.renewal_due', 2);
    await followed();
    expect(mailsTo('tom')).toHaveLength(1);
    expect(mailsTo('sue')).toHaveLength(1);
    expect(mailsTo('fay')).toEqual([]);
  });

  it('that wait are cancelled when the license is revoked or renewed meanwhile', async () => {
    const started = time.now;
    await switchOn({ renewal_reminder: true });
    const { license_id } = await issueTo('rex');
    const other = await issueTo('roy');
    relay.onRecipient = () => {
      throw Object.assign(new Error('later'), { responseCode: 451 });
    };
    time.now = started + 10 * DAY_MS + 60_000;
    const waiting = await eventually(async () => {
      const { data } = (await api.get('/v1/email-messages?status=QUEUED')).body;
      // The attempts have ended, and the next ones wait until the time goes on.
      expect((data as Wire[]).map(({ reason }) => reason as string)).toEqual(['RELAY_DEFERRED', 'RELAY_DEFERRED']);
      return data as Wire[];
    });
    await api.post(`/v1/licenses/${license_id}/revoke`, { reason: { code: 'OTHER' } });
    await api.post(`/v1/licenses/${other.license_id}/renew`, { days: 30 });
    relay.onRecipient = () => undefined;
    await eventually(async () => {
      time.now += 60_000;
      for (const { email_message_id } of waiting) {
        const { status, reason } = (await api.get(`/v1/email-messages/${email_message_id}`)).body;
        expect({ status, reason }).toEqual({ status: 'CANCELLED', reason: 'LICENSE_CHANGED' });
      }
    });
  });

  it('wait in the log, and none is lost, while the tenant has reached its limit', async () => {
    const started = time.now;
    await switchOn({ renewal_reminder: true });
    const names = Array.from({ length: 8 }, (_, at) => `many${at}`);
    const licenses: Wire[] = [];
    for (const name of names) licenses.push(await issueTo(name));
    time.now = started + 10 * DAY_MS + 60_000;
    for (const { license_id } of licenses) await recorded(license_id as string, 'license.renewal_due', 1);
    await eventually(async () =>
      expect((await api.get('/v1/email-messages?status=SENT&limit=100')).body.data).toHaveLength(5),
    );
    time.now += 61 * 60_000;
    await followed();
    await eventually(() => expect(names.flatMap(mailsTo)).toHaveLength(8));
    expect(names.map((name) => mailsTo(name).length)).toEqual(names.map(() => 1));
  });

  // The last test, because timers go through all tenants.
  it('and all other messages are found in every tenant, however many tenants there are', async () => {
    const ids = Array.from({ length: 800 }, (_, at) => `crowd-${String(at).padStart(4, '0')}`);
    await database.query(
      `INSERT INTO tenants (id, created_at, updated_at) SELECT id, now(), now() FROM unnest($1::text[]) AS id`,
      [ids],
    );
    await database.query(
      `INSERT INTO email_messages (tenant_id, email_message_id, template, may_reveal_key, requested_by, status, attempt_count, next_attempt_at, expires_at,
         version, created_at, updated_at)
       SELECT id, gen_random_uuid(), 'renewal_reminder', false, '{}', 'QUEUED', 0, '9000-01-01', '9000-01-01', 1, now(), now()
       FROM unnest($1::text[]) AS id, generate_series(1, 3)`,
      [ids],
    );
    await database.query('ANALYZE');
    const found = await apps[0]!.nest.get(EmailMessageRepository).findDue('crowd-', 800, new Date('9001-01-01'));
    expect(found.filter(({ canSend, hasExpired }) => canSend && hasExpired).map(({ tenantId }) => tenantId)).toEqual(
      ids,
    );
  });
});
