import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc, { assertUntilReached } from '../support/property.js';
import { withClient } from '../../src/database/with-client.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 25);
const DAY_S = 86_400;

type Body = Record<string, unknown>;

/** One thing that is done, and how many seconds pass before the next question. */
interface Step {
  readonly act: keyof Acts;
  readonly device: string;
  readonly user: string | undefined;
  readonly value: number;
  readonly pause: number;
}

interface Acts {
  activate: unknown;
  heartbeat: unknown;
  deactivate: unknown;
  checkOut: unknown;
  suspend: unknown;
  reinstate: unknown;
  revoke: unknown;
  renew: unknown;
  convert: unknown;
  transfer: unknown;
  edit: unknown;
  changeTemplate: unknown;
  consume: unknown;
  release: unknown;
  suspendTenant: unknown;
  sweep: unknown;
}

const often = (weight: number, ...acts: Step['act'][]) => ({ weight, arbitrary: fc.constantFrom(...acts) });
const step = fc.record<Step>({
  act: fc.oneof(
    often(48, 'activate'),
    often(24, 'consume'),
    often(40, 'heartbeat', 'deactivate', 'release', 'checkOut'),
    often(48, 'renew', 'edit', 'transfer', 'changeTemplate', 'convert', 'sweep'),
    often(12, 'suspend'),
    often(20, 'reinstate'),
    often(8, 'suspendTenant'),
    often(2, 'revoke'),
  ),
  device: fc.constantFrom('a', 'a', 'b', 'c'),
  user: fc.constantFrom('ada', 'bob', 'cy', undefined),
  value: fc.integer({ min: 1, max: 3 }),
  pause: fc.constantFrom(0.001, 1, 1, 59, 89, 3_600, DAY_S, 12 * DAY_S),
});

const TEMPLATES: readonly Body[] = [
  { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', default_duration: 30, grace_period_days: 5 },
  { license_type: 'CONCURRENT', license_model: 'PER_SEAT', default_duration: 20, auto_renewal_enabled: true },
  {
    license_type: 'NAMED_USER',
    license_model: 'PER_SEAT',
    default_duration: 10,
    overage_policy: 'ALLOW',
    overage_factor: 2,
  },
  { license_type: 'SUBSCRIPTION', license_model: 'PER_CPU', default_duration: null, eviction_policy: 'OLDEST' },
].map((terms, at) => ({
  max_activations: 2,
  trial_allowed: true,
  trial_duration_days: 14,
  heartbeat_interval_seconds: 60,
  heartbeat_grace_seconds: 30,
  features: [
    {
      feature_id: 'metered',
      feature_name: 'M',
      limit_value: 3 + at,
      limit_type: 'COUNT',
      reset_period: at % 2 ? 'DAY' : null,
    },
    { feature_id: 'plain', feature_name: 'P', enabled: at > 0 },
  ],
  restrictions: at === 1 ? [{ restriction_type: 'DOMAIN', values: ['example.com'], operator: 'ALLOW' }] : [],
  ...terms,
}));

/** Histories that together meet every reason; the drawn ones meet most of them again, in other ways. */
const EXAMPLES: [template: number, trial: boolean, steps: Step[]][] = (
  [
    [
      0,
      'activate a',
      'heartbeat a 12d',
      'activate b 12d',
      'edit a 8d',
      'sweep a 3d',
      'suspendTenant a',
      'suspendTenant b',
    ],
    [0, 'activate b', 'activate c', 'edit a', 'consume b', 'deactivate b', 'activate b', 'suspend a', 'renew a'],
    [1, 'activate a', 'heartbeat a 1h', 'consume a', 'consume b', 'activate b', 'reinstate a', 'revoke a', 'sweep a'],
    [2, 'checkOut a', 'activate b', 'consume a', 'consume b', 'release a', 'sweep a 12d', 'transfer a', 'edit b'],
  ] as const
).map(([template, ...steps]) => [template, false, steps.map(stepOf)]);

/** Returns the step of a text such as `consume b 12d`: the act, the device (by default a) and the pause (by default a second). */
function stepOf(text: string): Step {
  const [act, device = 'a', pause = '1s'] = text.split(' ');
  const seconds = { s: 1, h: 3_600, d: DAY_S }[pause.slice(-1) as 's' | 'h' | 'd'];
  return {
    act: act as Step['act'],
    device,
    user: 'ada',
    value: device === 'a' ? 1 : 3,
    pause: parseInt(pause) * seconds,
  };
}

/** The release is of a later time than now, because the time goes on through all runs. */
const questionsAt = (now: number): readonly Body[] => [
  { fingerprint: 'a', features: ['metered'], domain: 'example.com', nonce: 'n' },
  { fingerprint: 'b', product_id: 'another' },
  { features: ['plain'], released_at: new Date(now + 10 * 86_400_000).toISOString() },
];

/** Reasons that the runs must have met. */
const TOLD = [
  'VALID',
  'IN_GRACE',
  'TENANT_SUSPENDED',
  'REVOKED',
  'SUSPENDED',
  'EXPIRED',
  'VERSION_NOT_COVERED',
  'DOMAIN_DENIED',
  'HEARTBEAT_EXPIRED',
  'FINGERPRINT_MISMATCH',
  'NOT_ACTIVATED',
  'ACTIVATION_LIMIT_REACHED',
  'FEATURE_MISSING',
  'USAGE_EXCEEDED',
];

describe('explain as of a time in the past', () => {
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  let app: TestApp;
  let api: Api;
  let platform: Api;
  let client: Api;
  let templates: string[];

  beforeAll(async () => {
    const clock = { now: () => new Date(now) };
    app = await TestApp.start({
      environment: { CLIENT_RATE_PER_ADDRESS: '100000', LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    [api, platform, client] = [await app.tenant(), await app.platform(), app.anonymous()];
    await api.create('/v1/products', { product_id: 'p', name: 'P' });
    const made = TEMPLATES.map((terms, at) =>
      api.create('/v1/license-templates', {
        ...terms,
        template_id: `t-${at}`,
        template_name: `T ${at}`,
        product_id: 'p',
      }),
    );
    templates = (await Promise.all(made)).map(({ template_id }) => template_id as string);
  });

  afterAll(() => app.stop());

  const setTenant = (status: string) => platform.patch(`/v1/tenants/${api.tenantId}`, { status });
  const validate = async (license: Wire, question: Body): Promise<Wire> =>
    (await client.post('/v1/client/validate', { license_key: license.license_key as string, ...question })).body;
  const explain = (id: string, body: Body, who = api) => who.post(`/v1/licenses/${id}/explain`, body);

  /** A refused action changes nothing, so the time after it can be explained like any other. */
  async function take({ act, device, user, value }: Step, license: Wire): Promise<string> {
    const reason = { code: 'OTHER' };
    const named = { license_key: license.license_key as string, fingerprint: device };
    const whole = { ...named, ...(user && { user_id: user }), units: value };
    const used = { license_key: license.license_key as string, feature_id: 'metered', amount: value };
    const on = (action: string, body: Body) => api.post(`/v1/licenses/${license.license_id}/${action}`, body);
    const acts: { [Name in keyof Acts]: () => Promise<{ status: number } | undefined> } = {
      activate: () => client.post('/v1/client/activate', whole),
      heartbeat: () => client.post('/v1/client/heartbeat', named),
      deactivate: () => client.post('/v1/client/deactivate', named),
      checkOut: () => client.post('/v1/client/check-out', { ...whole, ttl_seconds: value * 60 }),
      consume: () => client.post('/v1/client/usage/consume', used),
      release: () => client.post('/v1/client/usage/release', used),
      suspend: () => on('suspend', { reason }),
      reinstate: () => on('reinstate', { reason }),
      revoke: () => on('revoke', { reason }),
      renew: () => on('renew', { days: value * 4 }),
      convert: () => on('convert-trial', {}),
      transfer: () => on('transfer', { customer_id: `c-${value}` }),
      edit: () =>
        api.patch(`/v1/licenses/${license.license_id}`, { max_activations: value, issued_to: `Customer No ${value}` }),
      changeTemplate: () => on('change-template', { license_template_id: templates[value] ?? '' }),
      suspendTenant: () => setTenant(value > 1 ? 'ACTIVE' : 'SUSPENDED'),
      sweep: () =>
        app.nest
          .get(LicenseTimer)
          .sweep()
          .then(() => undefined),
    };
    const answer = await acts[act]();
    return `${act} ${answer && answer.status >= 400 ? 'refused' : 'done'}`;
  }

  it(
    'answers what validate answered then, whatever has happened since, and says what it does not know',
    async () => {
      const seen = new Map<string, number>();
      const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
      await assertUntilReached(
        fc.asyncProperty(
          fc.integer({ min: 0, max: TEMPLATES.length - 1 }),
          fc.boolean(),
          fc.array(step, { minLength: 8, maxLength: 25 }),
          async (first, trial, steps) => {
            const license = await api.issue(templates[first] ?? '', { trial, customer_id: `c-${now}` });
            const answers: { asked: Body; answer: Wire }[] = [];
            const ask = () =>
              Promise.all(
                questionsAt(now).map(async (asked) => answers.push({ asked, answer: await validate(license, asked) })),
              );
            for (const one of steps) {
              count(await take(one, license));
              await ask();
              now += one.pause * 1000;
              // Time alone changes much.
              await ask();
              now += 1;
            }
            await setTenant('ACTIVE');
            await Promise.all(
              answers.map(async ({ asked, answer }) => {
                const as_of = answer.server_time as string;
                const then = await explain(license.license_id as string, { ...asked, as_of });
                expect(then.status).toBe(200);
                compare(withoutAdvice(then.body), withoutAdvice(answer));
                count(then.body.certain ? 'certain' : 'uncertain');
                for (const code of [answer.code as string, ...codesOf(answer)]) count(code);
              }),
            );
          },
        ),
        { numRuns: RUNS, timeLimitMs: RUNS * 20_000, examples: EXAMPLES },
        // It is asked about much of what can be.
        () => [...TOLD, 'uncertain'].filter((what) => !seen.has(what)),
      );
      if (process.env.MODEL_SHOW) console.log(Object.fromEntries(seen));
      // It seldom has to say that it does not know.
      expect(seen.get('certain')).toBeGreaterThan(5 * (seen.get('uncertain') ?? 0));
    },
    RUNS * 25_000,
  );

  describe('of a license that lives alone', () => {
    let license: Wire;
    let id: string;
    const issued = () => now;

    beforeEach(async () => {
      now += DAY_S * 1000;
      license = await api.issue(templates[0] ?? '', { customer_id: `c-${now}`, issued_to: 'Zoe Zorn' });
      id = license.license_id as string;
    });

    const at = (ms: number) => new Date(ms).toISOString();
    const problem = async (body: Body, who = api) => {
      const answer = await explain(id, body, who);
      return [answer.status, answer.body.code, answer.body.errors?.[0]?.pointer].filter((part) => part !== undefined);
    };
    /** The log is behind: whatever moves events waits for this. */
    async function whileTheLogWaits(work: () => Promise<void>): Promise<void> {
      await withClient(app.database.superuserUrl, async (client) => {
        await client.query('BEGIN; SELECT 1 FROM license_event_counters FOR UPDATE');
        try {
          await work();
        } finally {
          await client.query('ROLLBACK');
        }
      });
    }

    it('refuses a time before it was issued, one that has not come, and what is no time', async () => {
      now += 1000;
      expect(await problem({ as_of: at(now - 1001) })).toEqual([400, 'VALIDATION_FAILED', '/as_of']);
      expect(await problem({ as_of: at(now + 1) })).toEqual([400, 'VALIDATION_FAILED', '/as_of']);
      expect(await problem({ as_of: 'yesterday' })).toEqual([400, 'VALIDATION_FAILED', '/as_of']);
      for (const ms of [now, now - 1000])
        expect(await problem({ as_of: at(ms) })).toEqual([200, 'FINGERPRINT_REQUIRED']);
    });

    it('is for whoever may read the license and the events, of this tenant', async () => {
      const body = { as_of: at(now) };
      const reader = await app.key(api.tenantId, ['licenses:read']);
      expect((await explain(id, {}, reader)).status).toBe(200);
      expect(await problem(body, reader)).toEqual([403, 'PERMISSION_DENIED']);
      expect((await explain(id, body, await app.key(api.tenantId, ['licenses:read', 'events:read']))).status).toBe(200);
      expect(await problem(body, await app.tenant())).toEqual([404, 'LICENSE_NOT_FOUND']);
    });

    it('counts what is done, also while it is not in the log yet', async () => {
      const before = issued();
      now += 1000;
      await whileTheLogWaits(async () => {
        await api.post(`/v1/licenses/${id}/revoke`, { reason: { code: 'OTHER' } });
        const told = (await explain(id, { as_of: at(before) })).body;
        expect(told).toMatchObject({ code: 'FINGERPRINT_REQUIRED', license: { status: 'ACTIVE' }, certain: true });
        expect((await explain(id, { as_of: at(now) })).body.license.status).toBe('REVOKED');
      });
    });

    it('writes nothing, and sends as many statements whatever has happened', async () => {
      const before = issued();
      // The first list of a new tenant is published in these seconds.
      const ask = () => statementsOf(() => explain(id, { as_of: at(before), fingerprint: 'a' }), /revocation_lists/);
      const activate = (fingerprint: string) =>
        client.post('/v1/client/activate', { license_key: license.license_key as string, fingerprint });
      await activate('a');
      await ask();
      const few = await ask();
      for (let times = 0; times < 15; times++) {
        now += 1000;
        await api.patch(`/v1/licenses/${id}`, { max_activations: 3 + times });
        await activate(`${times}`);
      }
      const many = await ask();
      expect(many).toEqual(few);
      expect(few[0]).toMatch(/; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;/);
      expect(few.filter((text) => text.includes('BEGIN'))).toHaveLength(1);
      expect(few.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
    });

    it('says so when more has happened than can be taken back', async () => {
      const before = issued();
      await copyEvents(2_000, before + 1000);
      now += 10_000_000;
      expect(await problem({ as_of: at(before) })).toEqual([200, 'FINGERPRINT_REQUIRED']);
      await copyEvents(1, before + 2000);
      expect(await problem({ as_of: at(before) })).toEqual([409, 'HISTORY_TOO_LONG']);
      expect(await problem({ as_of: at(before + 5_000_000) })).toEqual([200, 'FINGERPRINT_REQUIRED']);
    });

    /** Changes that change nothing. */
    const copyEvents = (count: number, from: number) =>
      app.database.query(
        `INSERT INTO license_event_logs (tenant_id, seq, id, event_type, license_id, resource_type, resource_id, event_data,
           personal, actor, metadata, created_at)
         SELECT $1, extract(epoch FROM $4::timestamptz)::bigint * 1000000 + n, gen_random_uuid(), 'license.updated', $2::uuid, 'license',
           $2::uuid::text, '{"before":{},"after":{}}', '{}', '{}', '{}', $4::timestamptz + n * interval '1 millisecond'
         FROM generate_series(1, $3::int) n`,
        [api.tenantId, id, count, new Date(from)],
      );

    it('says that it is not certain where history and license differ', async () => {
      const before = issued();
      now += 1000;
      await api.patch(`/v1/licenses/${id}`, { max_activations: 7 });
      await app.database.query('UPDATE licenses SET max_activations = 9 WHERE license_id = $1', [id]);
      const { body } = await explain(id, { as_of: at(before) });
      expect(body).toMatchObject({
        certain: false,
        unknown: [{ fields: ['/license'] }],
        license: { max_activations: 2 },
      });
      expect(body.unknown[0].detail).toContain('max_activations');
    });

    it('tells nothing of a customer who was erased, nor of their devices, and says so', async () => {
      const device = { fingerprint: 'a', name: 'Amazing', hostname: 'zoe-pc', user_id: 'zoe' };
      await client.post('/v1/client/activate', { license_key: license.license_key as string, ...device });
      const before = now;
      now += 1000;
      await api.post(`/v1/licenses/${id}/transfer`, { customer_id: `next-${now}`, issued_to: 'Ada Lovelace' });
      const between = now;
      now += 1000;
      const asOf = async (ms: number) => (await explain(id, { as_of: at(ms), fingerprint: 'a' })).body;
      expect(await asOf(before)).toMatchObject({
        license: { issued_to: 'Zoe Zorn' },
        activation: { name: 'Amazing' },
      });
      await withClient(app.database.ownerUrl, (owner) =>
        eraseCustomer(owner, app.secrets, api.tenantId, license.customer_id as string, new Date(now)),
      );
      const erased = await asOf(before);
      expect(erased.certain).toBe(false);
      expect(JSON.stringify(erased)).not.toMatch(/zoe|amazing|lovelace/i);
      expect(erased.unknown[0].fields).toEqual(['/license/issued_to', '/activation']);
      expect((await asOf(between)).license.issued_to).toBe('Ada Lovelace');
    });

    it('does not tell how many users there were where it is not known any more who they were', async () => {
      const named = await api.issue(templates[2] ?? '', { customer_id: `users-${now}` });
      const activate = (fingerprint: string, user_id: string) =>
        client.post('/v1/client/activate', { license_key: named.license_key as string, fingerprint, user_id });
      await activate('a', 'ada');
      await activate('b', 'ada');
      const before = now;
      now += 1000;
      await activate('b', 'bob');
      const asOf = async () =>
        (await explain(named.license_id as string, { as_of: at(before), fingerprint: 'b' })).body;
      expect(await asOf()).toMatchObject({ license: { current_activations: 1 }, activation: { user_id: 'ada' } });
      await withClient(app.database.ownerUrl, (owner) =>
        eraseCustomer(owner, app.secrets, api.tenantId, named.customer_id as string, new Date(now)),
      );
      const { license: told, certain, unknown } = await asOf();
      expect({ certain, counted: told.current_activations }).toEqual({ certain: false });
      expect(unknown[0].fields).toEqual(expect.arrayContaining(['/license/current_activations', '/activation']));
    });

    it('does not tell whether a device was offline that has activated again online since', async () => {
      await api.post(`/v1/licenses/${id}/check-out`, { fingerprint: 'b' });
      const before = now;
      now += 1000;
      await client.post('/v1/client/activate', { license_key: license.license_key as string, fingerprint: 'b' });
      const { activation, unknown } = (await explain(id, { as_of: at(before), fingerprint: 'b' })).body;
      expect(activation).toMatchObject({ fingerprint: 'b', status: 'ACTIVE' });
      expect(activation).not.toHaveProperty('activation_type');
      expect(unknown[0].fields).toContain('/activation/activation_type');
    });

    it('tells the log whose a device is, and what it weighs, when that changes', async () => {
      const named = { license_key: license.license_key as string, fingerprint: 'a' };
      await client.post('/v1/client/activate', { ...named, user_id: 'ada', units: 1 });
      await client.post('/v1/client/activate', { ...named, name: 'renamed' });
      await client.post('/v1/client/activate', { ...named, user_id: 'bob', units: 3 });
      await eventually(async () => {
        const { data } = (await api.get(`/v1/license-events?license_id=${id}`)).body;
        expect((data as Wire[]).slice(1)).toMatchObject([
          { event_type: 'license.activated' },
          {
            event_type: 'license.activation_changed',
            resource_type: 'activation',
            event_data: {
              fingerprint: 'a',
              before: { user_id: 'ada', units: 1 },
              after: { user_id: 'bob', units: 3 },
              current_activations: 1,
            },
          },
        ]);
      });
    });
  });
});

/** The answer about then is the answer of then, but for what it says it does not know. */
function compare({ as_of, certain, unknown, ...told }: Wire, answer: Wire): void {
  expect(as_of).toBe(answer.server_time);
  // When a device was last seen is written late.
  delete told.activation?.last_seen_at;
  const { valid, code, detail, reasons, next, ...rest } = told as Record<string, unknown>;
  expect(answer).toMatchObject(rest);
  const left = (unknown as Wire[]).flatMap(({ fields }) => fields as string[]);
  const late = (fields: string[]) =>
    fields.filter((field) => field !== '/activation/last_seen_at' && !/^\/(reasons|next)\b/.test(field)).sort();
  expect(late(missingFrom(told, answer))).toEqual(late(left));
  if (certain)
    expect({ valid, code, detail, reasons, next }).toEqual(pick(answer, 'valid', 'code', 'detail', 'reasons', 'next'));
  else expect(codesOf(answer)).toEqual([...codesOf({ reasons }), 'USAGE_EXCEEDED'].slice(0, codesOf(answer).length));
}

/** The answer without the advice how to free a seat, which is about the present alone. */
function withoutAdvice(answer: Wire): Wire {
  for (const reason of [answer, ...(answer.reasons as Wire[])])
    if (reason.code === 'ACTIVATION_LIMIT_REACHED') delete reason.next;
  const text = JSON.stringify(answer);
  return JSON.parse(text.replace(/(Seat limit reached: \d+ of \d+ in use(, with overage up to \d+)?\.)[^"]*/g, '$1'));
}

function codesOf({ reasons }: Wire): string[] {
  return (reasons as Wire[]).map(({ code }) => code as string);
}

function pick(value: Wire, ...names: string[]): Wire {
  return Object.fromEntries(names.map((name) => [name, value[name]]));
}

/** JSON pointers of what the one does not tell and the other does. */
function missingFrom(told: Wire, answer: Wire, path = ''): string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.keys(answer as object).flatMap((name) =>
    told[name] === undefined ? [`${path}/${name}`] : missingFrom(told[name], answer[name], `${path}/${name}`),
  );
}
