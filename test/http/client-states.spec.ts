import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-06-15T10:30:00.000Z');
/** No license has this key. */
const UNKNOWN_KEY = '0123-4567-89AB-CDEF-0123';

type Body = Record<string, unknown>;
type Send = (client: Api, path: string, body: Body) => Promise<{ readonly status: number; readonly body: Wire }>;

const JSON_TYPE = { 'Content-Type': 'application/json' };
const send =
  (text: (body: Body) => string, headers: Record<string, string> = JSON_TYPE): Send =>
  (client, path, body) =>
    client.send('post', path, text(body), headers);

/** Kinds of bodies that are refused before the license is looked up. */
const UNREADABLE: Readonly<Record<string, readonly [expected: string, Send]>> = {
  none: ['400 VALIDATION_FAILED fix_request', (client, path) => client.send('post', path)],
  empty: ['400 VALIDATION_FAILED fix_request', send(() => '')],
  '{}': ['400 VALIDATION_FAILED fix_request', send(() => '{}')],
  'not UTF-8': [
    '400 MALFORMED_REQUEST fix_request',
    (client, path, body) => {
      const [before = '', after = ''] = JSON.stringify({ ...body, name: '?' }).split('?');
      return client.sendBytes(path, Buffer.concat([Buffer.from(before), Buffer.from([0xfc]), Buffer.from(after)]));
    },
  ],
  'too large': [
    '413 BODY_TOO_LARGE fix_request',
    send((body) => JSON.stringify({ ...body, fingerprint: 'x'.repeat(33 * 1024) })),
  ],
  'of another type': ['415 UNSUPPORTED_MEDIA_TYPE fix_request', send(JSON.stringify, { 'Content-Type': 'text/plain' })],
};

/** Kinds that name the license, and are refused behind what is wrong with that. */
const WRONG: Readonly<Record<string, Send>> = {
  'with an unknown member': send((body) => JSON.stringify({ ...body, unheard_of: 1 })),
  'with a member of a wrong type': send((body) =>
    JSON.stringify({ ...body, fingerprint: 1, features: 1, amount: 'x' }),
  ),
};

/** The next step of an answer, by its code and the state of the license; none stands for an answer that refuses nothing. */
function actionOf(code: string, state: string): string {
  if (code === 'LICENSE_STATE') {
    if (state.startsWith('SUSPENDED')) return 'reinstate';
    return state.startsWith('REVOKED') ? 'contact_vendor' : 'renew';
  }
  return ACTIONS[code] ?? 'none';
}

const ACTIONS: Readonly<Record<string, string>> = {
  IN_GRACE: 'renew',
  EXPIRED: 'renew',
  SUSPENDED: 'reinstate',
  REVOKED: 'contact_vendor',
  TENANT_SUSPENDED: 'contact_vendor',
  NOT_FOUND: 'fix_request',
  LICENSE_NOT_FOUND: 'fix_request',
  ACTIVATION_NOT_FOUND: 'activate',
  ACTIVATION_LIMIT_REACHED: 'deactivate_device',
  HEARTBEAT_EXPIRED: 'activate',
  NOT_ACTIVATED: 'activate',
  FINGERPRINT_MISMATCH: 'activate',
};

/** A device has a seat, and half of the feature is used. `deactivate` comes last, because it gives the seat back. */
const ROUTES: Readonly<Record<string, Body>> = {
  validate: { fingerprint: 'pc' },
  entitlements: {},
  activate: { fingerprint: 'pc' },
  // The device has a seat, so that it replaces none.
  replace: { fingerprint: 'pc', activation_id: '01890000-0000-7000-8000-000000000000', replacement_token: 'none' },
  heartbeat: { fingerprint: 'pc' },
  'check-out': { fingerprint: 'laptop' },
  'usage/consume': { feature_id: 'f', amount: 1 },
  'usage/release': { feature_id: 'f', amount: 1 },
  deactivate: { fingerprint: 'pc' },
};

/** The code of each answer of the client API, by the state of the license; OK is 200 without a code. */
const TABLE = `
state             | validate         | entitlements      | activate          | replace           | heartbeat         | check-out         | usage/consume     | usage/release     | deactivate
ACTIVE            | VALID            | OK                | OK                | OK                | OK                | OK                | OK                | OK                | OK
IN_GRACE          | IN_GRACE         | OK                | OK                | OK                | OK                | LICENSE_STATE     | OK                | OK                | OK
EXPIRED           | EXPIRED          | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
SUSPENDED         | SUSPENDED        | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
SUSPENDED_EXPIRED | SUSPENDED        | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
REVOKED           | REVOKED          | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
REVOKED_EXPIRED   | REVOKED          | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
TRIAL             | VALID            | OK                | OK                | OK                | OK                | OK                | OK                | OK                | OK
TRIAL_EXPIRED     | EXPIRED          | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | LICENSE_STATE     | OK
TENANT_SUSPENDED  | TENANT_SUSPENDED | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED  | TENANT_SUSPENDED
UNKNOWN_KEY       | NOT_FOUND        | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND | LICENSE_NOT_FOUND
`;

/**
 * The codes of `validate` in their order, and that of `heartbeat`, by the limit of the license and what became of the device.
 * Others have two seats; FULL is a limit of two.
 */
const SEAT_TABLE = `
limit     | device      | validate                                                     | heartbeat
FREE      | NEVER_SEEN  | NOT_ACTIVATED FINGERPRINT_MISMATCH                           | ACTIVATION_NOT_FOUND
FREE      | DEACTIVATED | NOT_ACTIVATED                                                | NOT_ACTIVATED
FREE      | LEASE_ENDED | HEARTBEAT_EXPIRED                                            | HEARTBEAT_EXPIRED
FULL      | NEVER_SEEN  | ACTIVATION_LIMIT_REACHED NOT_ACTIVATED FINGERPRINT_MISMATCH  | ACTIVATION_NOT_FOUND
FULL      | DEACTIVATED | ACTIVATION_LIMIT_REACHED NOT_ACTIVATED                       | NOT_ACTIVATED
FULL      | LEASE_ENDED | ACTIVATION_LIMIT_REACHED HEARTBEAT_EXPIRED                   | HEARTBEAT_EXPIRED
UNLIMITED | NEVER_SEEN  | VALID                                                        | ACTIVATION_NOT_FOUND
UNLIMITED | DEACTIVATED | NOT_ACTIVATED                                                | NOT_ACTIVATED
UNLIMITED | LEASE_ENDED | HEARTBEAT_EXPIRED                                            | HEARTBEAT_EXPIRED
`;

describe('every route of the client API', () => {
  let now = START;
  let app: TestApp;
  let api: Api;
  let client: Api;
  let suspended: Api;
  let templates: Map<string, string>;

  beforeAll(async () => {
    const clock = { now: () => new Date(now) };
    app = await TestApp.start({
      environment: {
        CLIENT_RATE_PER_ADDRESS: '100000',
        CLIENT_RATE_PER_LICENSE: '100000',
        LICENSE_TIMER_INTERVAL_MS: '86400000',
      },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    [api, suspended, client] = [await app.tenant(), await app.tenant(), app.anonymous()];
    templates = new Map(
      await Promise.all([api, suspended].map(async (of) => [of.tenantId, await template(of)] as const)),
    );
  });

  afterAll(() => app.stop());

  const template = (of: Api, terms: Body = {}) =>
    of.template({
      max_activations: 3,
      default_duration: 10,
      grace_period_days: 5,
      trial_allowed: true,
      trial_duration_days: 10,
      features: [{ feature_id: 'f', feature_name: 'F', limit_value: 10, limit_type: 'COUNT' }],
      ...terms,
    });
  const call = (route: string, license_key: string, body: Body) =>
    client.post(`/v1/client/${route}`, { license_key, ...body });

  /** The key of a license in this state, at a time that is set. */
  async function licenseIn(state: string): Promise<string> {
    if (state === 'UNKNOWN_KEY') return UNKNOWN_KEY;
    const of = state === 'TENANT_SUSPENDED' ? suspended : api;
    const trial = state.startsWith('TRIAL');
    const { license_id, license_key } = await of.issue(templates.get(of.tenantId) ?? '', {
      trial,
      customer_id: `customer-${state}`,
    });
    const key = license_key as string;
    await call('activate', key, { fingerprint: 'pc' });
    await call('usage/consume', key, { feature_id: 'f', amount: 5 });
    const reason = { code: 'OTHER' };
    for (const [name, action] of [
      ['SUSPENDED', 'suspend'],
      ['REVOKED', 'revoke'],
    ] as const) {
      if (!state.startsWith(name)) continue;
      expect((await of.post(`/v1/licenses/${license_id}/${action}`, { reason })).status).toBe(200);
    }
    if (state === 'TENANT_SUSPENDED') {
      await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [of.tenantId]);
      await eventually(async () => {
        expect((await call('validate', key, { fingerprint: 'pc' })).body.code).toBe('TENANT_SUSPENDED');
      });
    }
    now = START + (state === 'IN_GRACE' ? 12 : state.endsWith('EXPIRED') ? 20 : 1) * DAY_MS;
    return key;
  }

  /** Bodies that are refused change nothing. */
  async function expectRefusalsOfBodies(license_key: string, state: string): Promise<void> {
    const answers: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    const note = async (name: string, sent: ReturnType<Send>, expected: string) => {
      const { status, body } = await sent;
      answers[name] = `${status} ${body.code} ${body.next.action}`;
      wanted[name] = expected;
    };
    for (const [route, valid] of Object.entries(ROUTES)) {
      const path = `/v1/client/${route}`;
      const body = { license_key, ...valid };
      for (const [kind, [expected, sending]] of Object.entries(UNREADABLE))
        await note(`${route} ${kind}`, sending(client, path, body), expected);
      for (const [kind, sending] of Object.entries(WRONG))
        await note(`${route} ${kind}`, sending(client, path, body), refusalOfWrong(route, state));
    }
    expect(answers).toEqual(wanted);
  }

  /** A program whose key or vendor is refused learns nothing about its body, but by validate, which answers both. */
  function refusalOfWrong(route: string, state: string): string {
    if (route !== 'validate' && state === 'UNKNOWN_KEY') return '404 LICENSE_NOT_FOUND fix_request';
    if (route !== 'validate' && state === 'TENANT_SUSPENDED') return '403 TENANT_SUSPENDED contact_vendor';
    return '400 VALIDATION_FAILED fix_request';
  }

  it('is in the table', () => {
    const paths = Object.entries(app.document.paths).filter(
      ([path, item]) => path.startsWith('/v1/client/') && item.post,
    );
    expect(Object.keys(ROUTES).sort()).toEqual(paths.map(([path]) => path.slice('/v1/client/'.length)).sort());
  });

  it.each(rowsOf(TABLE))(
    'answers by the state of the license and the kind of the body: $state',
    async ({ state = '', ...expected }) => {
      const key = await licenseIn(state);
      try {
        await expectRefusalsOfBodies(key, state);
        const answers: Record<string, string> = {};
        for (const [route, body] of Object.entries(ROUTES)) {
          const { status, body: answer } = await call(route, key, body);
          const code = (answer.code as string | undefined) ?? 'OK';
          expect({ route, action: answer.next?.action ?? 'none' }).toEqual({ route, action: actionOf(code, state) });
          answers[route] = (answer.code as string | undefined) ?? (status === 200 ? 'OK' : `${status}`);
        }
        expect(answers).toEqual(expected);
      } finally {
        now = START;
      }
    },
  );

  it.each(rowsOf(SEAT_TABLE))(
    'says the same of the seat of a device: $limit, $device',
    async ({ limit = '', device = '', ...expected }) => {
      const leases = device === 'LEASE_ENDED' && { license_type: 'CONCURRENT', heartbeat_interval_seconds: 60 };
      const terms = { max_activations: limit === 'UNLIMITED' ? null : 3, ...leases };
      const { license_id, license_key } = await api.issue(await template(api, terms));
      const key = license_key as string;
      const named = { fingerprint: 'pc' };
      try {
        if (device !== 'NEVER_SEEN') expect((await call('activate', key, named)).status).toBe(200);
        if (device === 'DEACTIVATED') expect((await call('deactivate', key, named)).status).toBe(200);
        if (device === 'LEASE_ENDED') now = START + DAY_MS;
        for (const fingerprint of ['other', 'another'])
          expect((await call('activate', key, { fingerprint })).status).toBe(200);
        if (limit === 'FULL') await api.patch(`/v1/licenses/${license_id}`, { max_activations: 2 });
        const { code, reasons } = (await call('validate', key, named)).body;
        const codes = (reasons as Wire[]).map((reason) => reason.code as string);
        expect({
          validate: codes.length > 0 ? codes.join(' ') : code,
          heartbeat: (await call('heartbeat', key, named)).body.code,
        }).toEqual(expected);
        expect(code).toBe(expected.validate?.split(' ')[0]);
        for (const reason of reasons as Wire[])
          expect(reason.next.action).toBe(actionOf(reason.code as string, 'ACTIVE'));
        if (code === 'ACTIVATION_LIMIT_REACHED')
          expect(reasons[0].next).toEqual({ action: 'deactivate_device', count: 1 });
        // The code is the next step: what it says can be done leads to a seat.
        const activated = await call('activate', key, named);
        if (code === 'ACTIVATION_LIMIT_REACHED') {
          expect(activated.body.code).toBe('ACTIVATION_LIMIT_REACHED');
          await call('deactivate', key, { fingerprint: 'other' });
          expect((await call('activate', key, named)).status).toBe(200);
        } else expect(activated.status).toBe(200);
        expect((await call('validate', key, named)).body.code).toBe('VALID');
      } finally {
        now = START;
      }
    },
  );
});

/** The rows of a table, each by the names in its head. */
function rowsOf(table: string): Record<string, string>[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])));
}
