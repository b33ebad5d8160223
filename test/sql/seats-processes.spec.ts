import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import { NDJSON, type Wire } from '../support/api.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { faultsOf, SeatHistory, type SeatVersion } from '../support/seat-history.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = Number(process.env.SEAT_ROUNDS ?? 2);
const SEATS = 5;
/** So few that who leaves may well have a seat. */
const DEVICES = 20;

const TEMPLATE = {
  product_id: 'p',
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_SEAT',
  max_activations: SEATS,
};

type Request = readonly ['POST' | 'PATCH', string, Record<string, unknown>];

/** Actions on the license during a rush, repeated; the requests of each action follow one another. */
const CHANGES: readonly (readonly Request[])[] = [
  [
    ['POST', '/suspend', { reason: { code: 'OTHER' } }],
    ['POST', '/reinstate', {}],
  ],
  [['PATCH', '', { max_activations: 3 }]],
  [['POST', '/transfer', { customer_id: 'other' }]],
  [['PATCH', '', { max_activations: SEATS }]],
  [['POST', '/transfer', { customer_id: 'c' }]],
  [['PATCH', '', { max_activations: 4 }]],
];

describe('seats over two server processes', () => {
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;
  let database: TestDatabase;
  let history: SeatHistory;
  let templateId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    history = await SeatHistory.watch(database);
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('seats', key, new Date()));
    const environment = {
      DATABASE_URL: database.applicationUrl,
      WORKFLOWS: 'off',
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
      CLIENT_RATE_PER_ADDRESS: '1000000',
      CLIENT_RATE_PER_LICENSE: '1000000',
    };
    [first, second] = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all([first.start(), second.start()]);
    await ask(first, 'POST', '/products', { product_id: 'p', name: 'P' });
    const template = { ...TEMPLATE, template_name: 'Five seats' };
    templateId = (await ask(first, 'POST', '/license-templates', template)).template_id as string;
  }, 120_000);

  afterAll(async () => {
    await second.cleanUp();
    await first.cleanUp();
    await database.drop();
  });

  const serverOf = (n: number) => (n % 2 === 0 ? first : second);
  const ask = async (server: ServerProcess, method: string, path: string, body?: unknown): Promise<Wire> =>
    (await server.fetch(path, { method, body, key })).json();
  /** OK, or the code of the refusal. */
  const outcome = async (server: ServerProcess, method: string, path: string, body: unknown): Promise<string> => {
    return codeOf(await server.fetch(path, { method, body, key }));
  };
  const issue = (): Promise<Wire> =>
    ask(second, 'POST', '/licenses', { license_template_id: templateId, customer_id: 'c' });
  /** Programs activate without a lock before their writes, and people with one. */
  const activate = ({ license_id, license_key }: Wire, fingerprint: string, n: number) =>
    n % 4 < 2
      ? outcome(serverOf(n), 'POST', `/licenses/${license_id}/activations`, { fingerprint })
      : outcome(serverOf(n), 'POST', '/client/activate', { license_key: license_key as string, fingerprint });

  it(
    '500 devices at once get 5 of 5 seats, whichever process they ask',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const license = await issue();
        const id = license.license_id as string;
        const asked = await Promise.all(Array.from({ length: 500 }, (_, n) => activate(license, `d${n}`, n)));
        expect(countOutcomes(asked)).toEqual({ OK: SEATS, ACTIVATION_LIMIT_REACHED: 495 });
        const versions = await history.of(id);
        expect(faultsOf(versions, 'activations', (max) => max)).toEqual([]);
        expect(versions.at(-1)).toMatchObject({ stored: SEATS, activations: SEATS });
      }
    },
    ROUNDS * 60_000,
  );

  it('of 50 first activations at once, one starts the license, and all get their seats', async () => {
    const template = await ask(first, 'POST', '/license-templates', {
      template_name: 'Starts later',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      max_activations: 50,
      default_term: { months: 1 },
    });
    for (let round = 0; round < ROUNDS; round++) {
      const license = await ask(second, 'POST', '/licenses', {
        license_template_id: template.template_id as string,
        customer_id: 'c',
        starts: 'AT_FIRST_ACTIVATION',
      });
      const path = `/licenses/${license.license_id}`;
      expect(license).toMatchObject({ status: 'PENDING', expiry_date: null });
      const asked = await Promise.all(Array.from({ length: 50 }, (_, n) => activate(license, `d${n}`, n)));
      expect(countOutcomes(asked)).toEqual({ OK: 50 });
      const started = await ask(first, 'GET', path);
      expect(started).toMatchObject({ status: 'ACTIVE', version: 2, current_activations: 50 });
      await eventually(async () => {
        const query = `license_id=${license.license_id}&event_type=license.started`;
        const { data } = await ask(second, 'GET', `/license-events?${query}`);
        expect(data).toHaveLength(1);
        expect(data[0].event_data.after).toMatchObject({
          status: 'ACTIVE',
          starts_at: started.starts_at,
          expiry_date: started.expiry_date,
        });
      });
    }
  }, 60_000);

  it(
    '500 at once, amid suspensions, transfers, other limits and devices that leave, take no seat that is not there',
    async () => {
      const all = { asked: new Set<string>(), seen: new Set<string>(), freed: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const license = await issue();
        const id = license.license_id as string;
        const { asked, left, changed } = await rush(license);
        expect(beyond(asked, ['OK', 'ACTIVATION_LIMIT_REACHED', 'LICENSE_STATE'])).toEqual([]);
        expect(beyond(left, ['OK', 'ACTIVATION_NOT_FOUND'])).toEqual([]);
        expect(beyond(changed, ['OK', 'LICENSE_STATE'])).toEqual([]);
        await expectTheRestIsFree(license);
        const versions = await history.of(id);
        expect(faultsOf(versions, 'activations', (max) => max)).toEqual([]);
        const steps = stepsOf(versions);
        await eventually(async () => expect(await told(id)).toEqual([...steps].sort()));
        for (const { status, customer, max } of versions) all.seen.add(status).add(customer).add(`${max} seats`);
        for (const each of asked) all.asked.add(each);
        all.freed += steps.filter((step) => step.startsWith('license.deactivated')).length;
      }
      // The rushes got everywhere.
      expect([...all.asked].sort()).toEqual(['ACTIVATION_LIMIT_REACHED', 'LICENSE_STATE', 'OK']);
      expect([...all.seen].sort()).toEqual(['3 seats', '4 seats', '5 seats', 'ACTIVE', 'SUSPENDED', 'c', 'other']);
      expect(all.freed).toBeGreaterThan(ROUNDS);
    },
    ROUNDS * 60_000,
  );

  it(
    'replacements, deactivations, activations and blocks at once leave each seat to one device, and none to a blocked one',
    async () => {
      const seen = { replaced: 0, refused: 0, blocked: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const terms = { template_name: `Replacing ${round}`, self_service_replacement: true };
        const limit = { deactivations_per_period: { limit: 40, period: 'YEAR' } };
        const { template_id } = await ask(first, 'POST', '/license-templates', { ...TEMPLATE, ...terms, ...limit });
        const license = await ask(second, 'POST', '/licenses', { license_template_id: template_id, customer_id: 'c' });
        const id = license.license_id as string;
        const answers = await Promise.all(
          Array.from({ length: 200 }, async (_, n) => {
            const device = { license_key: license.license_key as string, fingerprint: `d${n % DEVICES}` };
            const send = (route: string, body: Wire = {}) =>
              serverOf(n).fetch(`/client/${route}`, { method: 'POST', body: { ...device, ...body }, key });
            if (n % 7 === 6) return codeOf(await send(n % 2 === 0 ? 'deactivate' : 'heartbeat'));
            if (n % 50 === 49) {
              const request = { fingerprint: device.fingerprint, reason: { code: 'OTHER' } };
              return outcome(serverOf(n), 'POST', `/licenses/${id}/blocked-devices`, request);
            }
            const refused = await send('activate');
            const { devices, replacement_token }: Wire = await refused.clone().json();
            const chosen = (devices as Wire[] | undefined)?.[n % ((devices as Wire[]).length || 1)];
            if (!chosen) return codeOf(refused);
            const choice = { activation_id: chosen.activation_id as string, replacement_token };
            const code = await codeOf(await send('replace', choice as Wire));
            return code === 'OK' ? 'REPLACED' : code;
          }),
        );
        expect(
          beyond(answers, [
            'OK',
            'REPLACED',
            'ACTIVATION_LIMIT_REACHED',
            'ACTIVATION_NOT_FOUND',
            'NOT_ACTIVATED',
            'DEVICE_BLOCKED',
            'DEACTIVATION_LIMIT_REACHED',
            'REPLACEMENT_TOKEN_INVALID',
          ]),
        ).toEqual([]);
        const versions = await history.of(id);
        expect(faultsOf(versions, 'activations', (max) => max)).toEqual([]);
        const [stored] = await database.query<Record<string, number>>(
          `SELECT blocked_devices AS counted,
                  (SELECT count(*)::int FROM blocked_devices item WHERE item.license_id = $1) AS blocked,
                  (SELECT count(*)::int FROM license_activations device JOIN blocked_devices item USING (license_id, fingerprint)
                   WHERE license_id = $1 AND status = 'ACTIVE') AS active,
                  (SELECT coalesce(max(deactivations), 0) FROM license_deactivations item WHERE item.license_id = $1) AS deactivations
           FROM licenses WHERE license_id = $1`,
          [id],
        );
        const replaced = answers.filter((answer) => answer === 'REPLACED').length;
        expect(stored).toMatchObject({ counted: stored?.blocked, active: 0 });
        // A replacement of a device that has ended meanwhile, or by one that has a seat by now, is not counted.
        await eventually(async () => expect(stored?.deactivations).toBe(await countedIn(id)));
        expect(stored?.deactivations).toBeLessThanOrEqual(40);
        seen.replaced += replaced;
        seen.refused += answers.filter((answer) => answer === 'ACTIVATION_LIMIT_REACHED').length;
        seen.blocked += answers.filter((answer) => answer === 'DEVICE_BLOCKED').length;
      }
      expect(seen.replaced).toBeGreaterThan(ROUNDS);
      expect(seen.blocked).toBeGreaterThan(0);
    },
    ROUNDS * 60_000,
  );

  /** Deactivations by programs in the event log. */
  async function countedIn(id: string): Promise<number> {
    const [row] = await database.query<{ told: number }>(
      `SELECT count(*)::int AS told FROM (
         SELECT event_type, event_data FROM license_event_logs WHERE license_id = $1
         UNION ALL SELECT event_type, event_data FROM outbox WHERE license_id = $1) AS event
       WHERE event_type = 'license.deactivated' AND event_data ->> 'cause' IN ('REQUESTED', 'REPLACED')`,
      [id],
    );
    return row?.told ?? 0;
  }

  it('programs that validate while the license key is rotated on both servers always find it, and one key is left', async () => {
    const { license_id, license_key } = await issue();
    const codes = new Set<string>();
    const validate = (licenseKey: string, n: number) =>
      ask(serverOf(n), 'POST', '/client/validate', { license_key: licenseKey });
    const rotations = Promise.all(
      [0, 1, 2, 3].map((n) =>
        ask(serverOf(n), 'POST', `/licenses/${license_id}/rotate-key`, {
          overlap_seconds: 600,
          reason: { code: 'OTHER' },
        }),
      ),
    );
    const asked = Array.from({ length: 40 }, (_, n) => validate(license_key as string, n));
    for (const { code } of await Promise.all(asked)) codes.add(code as string);
    const rotated = await rotations;
    expect([...codes]).toEqual(['FINGERPRINT_REQUIRED']);
    const after = await Promise.all(rotated.map((each, n) => validate(each.license_key as string, n + 1)));
    expect(after.map(({ code }) => code as string)).toEqual(Array(4).fill('FINGERPRINT_REQUIRED'));
    expect(after.filter(({ warnings }) => warnings.length === 0)).toHaveLength(1);
  });

  it('of one file that is imported over both servers at once, each license is stored once', async () => {
    const lines = Array.from({ length: 300 }, (_, n) => ({
      license_template_id: templateId,
      license_key: `imported-on-both-${n}`,
      customer: { email: `both-${n % 20}@example.com` },
      devices: [{ fingerprint: 'old' }],
    }));
    const send = async (server: ServerProcess, of: readonly Wire[]) => {
      const headers = { Authorization: `Bearer ${key}`, 'Content-Type': NDJSON };
      const body = of.map((line) => JSON.stringify(line)).join('\n');
      const response = await fetch(`${server.url}/v1/licenses:import`, { method: 'POST', headers, body });
      return (await response.text()).trim().split('\n');
    };
    const results = (await Promise.all([send(first, lines), send(second, lines.toReversed())])).flat();
    const number = (outcome: string) => results.filter((line) => line.includes(`"outcome":"${outcome}"`)).length;
    expect([number('IMPORTED'), number('KNOWN')]).toEqual([300, 300]);
    const [stored] = await database.query(
      `SELECT count(*)::int AS licenses, sum(current_activations)::int AS seats, count(DISTINCT customer_id)::int AS customers,
         (SELECT count(*)::int FROM license_activations WHERE fingerprint = 'old') AS devices,
         (SELECT count(*)::int FROM customers WHERE email LIKE 'both-%') AS made
       FROM licenses JOIN license_keys USING (tenant_id, license_id) WHERE normalisation IS NOT NULL`,
    );
    expect(stored).toEqual({ licenses: 300, seats: 300, customers: 20, devices: 300, made: 20 });
  });

  it('a block and heartbeats at once never leave a blocked device with a seat, whichever comes first', async () => {
    const codes = new Set<string>();
    for (let round = 0; round < ROUNDS * 3; round++) {
      const license = await issue();
      const device = { license_key: license.license_key as string, fingerprint: 'd' };
      await outcome(first, 'POST', '/client/activate', device);
      const beats = Array.from({ length: 12 }, (_, n) => outcome(serverOf(n), 'POST', '/client/heartbeat', device));
      const request = { fingerprint: 'd', reason: { code: 'OTHER' } };
      const block = outcome(second, 'POST', `/licenses/${license.license_id}/blocked-devices`, request);
      const again = outcome(first, 'POST', '/client/activate', device);
      for (const code of await Promise.all([...beats, again])) codes.add(code);
      expect(await block).toBe('OK');
      expect(await outcome(first, 'POST', '/client/heartbeat', device)).toBe('DEVICE_BLOCKED');
      expect((await history.of(license.license_id as string)).at(-1)).toMatchObject({ stored: 0, activations: 0 });
    }
    expect(beyond([...codes], ['OK', 'DEVICE_BLOCKED'])).toEqual([]);
  }, 120_000);

  /** Some leave in the thick of it, seat or no seat; the license is changed as answers come in, by the other process. */
  async function rush(license: Wire) {
    const { license_id, license_key } = license;
    const id = license_id as string;
    const [asked, left, changed]: [string[], string[], string[]] = [[], [], []];
    const leave = async (n: number) => {
      const device = { license_key: license_key as string, fingerprint: `d${n % DEVICES}` };
      left.push(await outcome(serverOf(n), 'POST', '/client/deactivate', device));
    };
    const change = async (n: number) => {
      for (const [method, path, body] of CHANGES[n % CHANGES.length] ?? [])
        changed.push(await outcome(serverOf(n), method, `/licenses/${id}${path}`, body));
    };
    await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        const asking = activate(license, `d${n % DEVICES}`, n);
        const leaving = n % 4 === 0 ? leave(n / 4) : undefined;
        asked.push(await asking);
        if (n % 10 === 0) await change(n / 10 + 1);
        await leaving;
      }),
    );
    return { asked, left, changed };
  }

  /** No seat is lost either: who comes afterwards gets what is left of all, and no more. */
  async function expectTheRestIsFree(license: Wire): Promise<void> {
    const id = license.license_id as string;
    await outcome(first, 'POST', `/licenses/${id}/reinstate`, {});
    await outcome(second, 'PATCH', `/licenses/${id}`, { max_activations: SEATS });
    const free = SEATS - ((await history.of(id)).at(-1)?.activations ?? 0);
    const asked = await Promise.all(Array.from({ length: 20 }, (_, n) => activate(license, `later${n}`, n)));
    expect(asked.filter((each) => each === 'OK')).toHaveLength(free);
  }

  /** Seats that were taken and freed according to the event log, in the form of `stepsOf`, in no particular order. */
  async function told(id: string): Promise<string[]> {
    const steps: string[] = [];
    for (const type of ['license.activated', 'license.deactivated']) {
      for (let cursor: string | null = '0'; cursor !== null;) {
        const query = `license_id=${id}&event_type=${type}&limit=100&cursor=${cursor}`;
        const page = await ask(first, 'GET', `/license-events?${query}`);
        for (const { event_data } of page.data as Wire[])
          steps.push(stepOf(type, event_data.current_activations as number, event_data.max_activations as number));
        cursor = page.next_cursor as string | null;
      }
    }
    return steps.sort();
  }
});

/** OK, or the code of the refusal. */
async function codeOf(response: Response): Promise<string> {
  const answer: Wire = await response.json();
  return response.ok ? 'OK' : (answer.code as string);
}

/** The seats that were taken and given back, each with how many were in use after it, and of how many. */
function stepsOf(versions: readonly SeatVersion[]): string[] {
  return versions.flatMap(({ activations, max }, at) => {
    const before = versions[at - 1]?.activations ?? 0;
    if (activations === before) return [];
    return [stepOf(activations > before ? 'license.activated' : 'license.deactivated', activations, max)];
  });
}

function stepOf(type: string, inUse: number, max: number | null): string {
  return `${type}: ${inUse} of ${max}`;
}

function countOutcomes(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of outcomes) counts[each] = (counts[each] ?? 0) + 1;
  return counts;
}

function beyond(outcomes: readonly string[], allowed: readonly string[]): string[] {
  return outcomes.filter((each) => !allowed.includes(each));
}
