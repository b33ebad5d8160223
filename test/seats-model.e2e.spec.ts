import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Clock } from '../src/shared/clock.js';
import type { Api } from './support/api.js';
import { TestApp } from './support/app.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 20);
const SEED = Number(process.env.MODEL_SEED ?? 20_261_125);
const LEASE_S = 90;

type Step =
  | { readonly do: 'activate'; readonly device: string; readonly user: string | undefined; readonly units: number }
  | { readonly do: 'deactivate'; readonly device: string }
  | { readonly do: 'suspend' | 'reinstate' }
  | { readonly do: 'limit'; readonly max: number | null }
  | { readonly do: 'transfer'; readonly customer: string }
  | { readonly do: 'wait'; readonly seconds: number };

interface Held {
  readonly user: string | undefined;
  readonly units: number;
  readonly until: number;
}

interface Terms {
  readonly license_type: 'SUBSCRIPTION' | 'CONCURRENT' | 'NAMED_USER';
  readonly license_model: 'PER_SEAT' | 'PER_CPU' | 'SITE_LICENSE';
  readonly max_activations: number;
}

/** What seats mean, in as few words as possible. Time in seconds. */
class Model {
  readonly held = new Map<string, Held>();
  suspended = false;
  now = 0;

  constructor(
    private readonly terms: Terms,
    public max: number | null,
  ) {}

  apply(step: Step): number {
    if (step.do === 'suspend') this.suspended = true;
    else if (step.do === 'reinstate') this.suspended = false;
    else if (step.do === 'limit') this.max = step.max;
    else if (step.do === 'wait') this.now += step.seconds;
    this.dropEnded();
    if (step.do === 'deactivate') return this.held.delete(step.device) ? 200 : 0;
    return step.do === 'activate' ? this.activate(step) : 0;
  }

  get inUse(): number {
    return this.count(this.held);
  }

  private activate({ device, user: named, units }: Step & { do: 'activate' }): number {
    if (this.suspended) return 409;
    const user = named ?? this.held.get(device)?.user;
    if (user === undefined && this.terms.license_type === 'NAMED_USER') return 400;
    const after = new Map(this.held);
    const until = this.terms.license_type === 'CONCURRENT' ? this.now + LEASE_S : Infinity;
    after.set(device, { user, units, until });
    const grows = this.count(after) > this.inUse || this.takesFromAnother(device, user);
    if (this.max !== null && this.counted && grows && this.count(after) > this.max) return 409;
    this.held.set(device, { user, units, until });
    return 200;
  }

  /** A new user on a device is a new seat, though the one before may have given one back. */
  private takesFromAnother(device: string, user: string | undefined): boolean {
    const before = this.held.get(device);
    const others = [...this.held].filter(([name]) => name !== device).map(([, held]) => held.user);
    return this.terms.license_type === 'NAMED_USER' && before?.user !== user && !others.includes(user);
  }

  private get counted(): boolean {
    return this.terms.license_type !== 'SUBSCRIPTION' || this.terms.license_model !== 'SITE_LICENSE';
  }

  private count(held: ReadonlyMap<string, Held>): number {
    const all = [...held.values()];
    if (this.terms.license_type === 'NAMED_USER') return new Set(all.map(({ user }) => user)).size;
    const byUnits = this.terms.license_type === 'SUBSCRIPTION' && this.terms.license_model === 'PER_CPU';
    return byUnits ? all.reduce((sum, { units }) => sum + units, 0) : all.length;
  }

  private dropEnded(): void {
    for (const [device, { until }] of this.held) if (until <= this.now) this.held.delete(device);
  }
}

const device = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const activation = fc.record({
  do: fc.constant('activate' as const),
  device,
  user: fc.constantFrom('ada', 'bob', 'cy', undefined),
  units: fc.integer({ min: 1, max: 3 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: activation },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deactivate' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('suspend' as const, 'reinstate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('transfer' as const), customer: fc.constantFrom('x', 'y') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), max: fc.constantFrom(1, 2, 4, null) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 89, LEASE_S) }),
  },
);
const terms: fc.Arbitrary<Terms> = fc.record({
  license_type: fc.constantFrom('SUBSCRIPTION', 'CONCURRENT', 'NAMED_USER'),
  license_model: fc.constantFrom('PER_SEAT', 'PER_CPU', 'SITE_LICENSE'),
  max_activations: fc.integer({ min: 1, max: 4 }),
});

describe('whatever happens to a license', () => {
  const start = Date.now();
  let app: TestApp;
  let api: Api;
  let seconds = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(start + seconds * 1000) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  async function issue(given: Terms): Promise<string> {
    const times = { heartbeat_interval_seconds: 60, heartbeat_grace_seconds: LEASE_S - 60 };
    const template = await api.template({ ...given, ...times, default_duration: null });
    return (await api.issue(template)).license_id as string;
  }

  async function apply(id: string, one: Step): Promise<number> {
    const path = `/v1/licenses/${id}/activations`;
    switch (one.do) {
      case 'activate':
        return (
          await api.post(path, { fingerprint: one.device, ...(one.user && { user_id: one.user }), units: one.units })
        ).status;
      case 'deactivate': {
        const { data } = (await api.get(`${path}?status=ACTIVE`)).body as { data: Record<string, string>[] };
        const found = data.find(({ fingerprint, status }) => fingerprint === one.device && status === 'ACTIVE');
        return found ? (await api.post(`${path}/${found.activation_id}/deactivate`)).status : 0;
      }
      case 'suspend':
      case 'reinstate': {
        await api.post(`/v1/licenses/${id}/${one.do}`, { reason: { code: 'OTHER' } });
        return 0;
      }
      case 'limit':
        await api.patch(`/v1/licenses/${id}`, { max_activations: one.max });
        return 0;
      case 'transfer':
        await api.post(`/v1/licenses/${id}/transfer`, { customer_id: one.customer });
        return 0;
      case 'wait':
        seconds += one.seconds;
        return 0;
    }
  }

  const liveDevices = async (id: string) => {
    const { data } = (await api.get(`/v1/licenses/${id}/activations?limit=100`)).body as {
      data: Record<string, string>[];
    };
    return data.filter(({ status }) => status === 'ACTIVE').map(({ fingerprint }) => fingerprint);
  };
  const inUse = async (id: string) => (await api.get(`/v1/licenses/${id}`)).body.current_activations as number;

  it(
    'each answer, the devices and the count are those of a model of thirty lines',
    async () => {
      await fc.assert(
        fc.asyncProperty(terms, fc.array(step, { minLength: 5, maxLength: 25 }), async (given, steps) => {
          const id = await issue(given);
          const model = new Model(given, given.max_activations);
          for (const one of steps) {
            const expected = model.apply(one);
            expect({ one, status: await apply(id, one) }).toEqual({ one, status: expected });
            expect({ one, inUse: await inUse(id) }).toEqual({ one, inUse: model.inUse });
          }
          expect((await liveDevices(id)).sort()).toEqual([...model.held.keys()].sort());
        }),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: RUNS * 5_000 },
      );
    },
    RUNS * 6_000,
  );

  it(
    'all of it at once never gives away more than there is, and the count is what is there',
    async () => {
      const noTime = step.filter((one) => one.do !== 'wait' && (one.do !== 'limit' || one.max !== null));
      await fc.assert(
        fc.asyncProperty(terms, fc.array(noTime, { minLength: 30, maxLength: 60 }), async (given, steps) => {
          const id = await issue(given);
          const statuses = await Promise.all(steps.map((one) => apply(id, one)));
          expect(statuses.filter((status) => ![0, 200, 400, 409].includes(status))).toEqual([]);
          const [row] = await app.database.query<{ stored: number; devices: number; units: number; users: number }>(
            `SELECT current_activations AS stored, count(activation_id)::int AS devices,
                  coalesce(sum(units), 0)::int AS units, count(DISTINCT user_id)::int AS users
           FROM licenses LEFT JOIN license_activations a USING (tenant_id, license_id)
           WHERE license_id = $1 AND (a.status = 'ACTIVE' OR a.status IS NULL) GROUP BY current_activations`,
            [id],
          );
          const users = given.license_type === 'NAMED_USER';
          const units = given.license_type === 'SUBSCRIPTION' && given.license_model === 'PER_CPU';
          const there = (users ? row?.users : units ? row?.units : row?.devices) ?? 0;
          expect(row?.stored ?? 0).toBe(there);
          const uncounted = given.license_type === 'SUBSCRIPTION' && given.license_model === 'SITE_LICENSE';
          const limits = steps.flatMap((one) => (one.do === 'limit' ? (one.max ?? []) : []));
          if (!uncounted) expect(there).toBeLessThanOrEqual(Math.max(given.max_activations, ...limits));
        }),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: RUNS * 5_000 },
      );
    },
    RUNS * 6_000,
  );
});
