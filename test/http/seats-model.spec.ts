import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc, { assertUntilReached } from '../support/property.js';
import { LeaseTimer } from '../../src/activations/lease-timer.js';
import { Clock } from '../../src/shared/time/clock.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { faultsOf, SeatHistory, type Counted } from '../support/seat-history.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 60);
const LEASE_S = 90;
const LEASE_MS = LEASE_S * 1000;
/** A stored time that is more ahead was written by a clock that was ahead. */
const MAX_DIFFERENCE_MS = 120_000;

interface Request {
  readonly device: string;
  readonly user: string | undefined;
  readonly units: number;
}

/** `replace` is a program that activates, and takes the place of `other` if it is refused and may. */
type Step =
  | ({ readonly do: 'activate' } & Request)
  | ({ readonly do: 'replace'; readonly other: string } & Request)
  | { readonly do: 'deactivate' | 'block' | 'unblock'; readonly device: string }
  | { readonly do: 'reset' | 'rotate' }
  | { readonly do: 'suspend' | 'reinstate' }
  | { readonly do: 'limit'; readonly max: number | null }
  | { readonly do: 'transfer'; readonly customer: string }
  | { readonly do: 'wait'; readonly seconds: number };

/** `behind` is what the clock of the process that is asked is late, in milliseconds. */
type LeaseStep =
  | { readonly do: 'activate' | 'deactivate'; readonly device: string }
  | { readonly do: 'check-out'; readonly device: string; readonly seconds: number }
  | { readonly do: 'heartbeat'; readonly device: string; readonly behind: number }
  | { readonly do: 'terms' }
  | { readonly do: 'wait'; readonly seconds: number };

/** Answer to a request that takes or frees a seat; NOTHING if there was no request, or no seat to free. */
const ANSWERS = [
  'OK',
  'REPLACED',
  'NOTHING',
  'VALIDATION_FAILED',
  'LICENSE_STATE',
  'DEVICE_BLOCKED',
  'ACTIVATION_LIMIT_REACHED',
] as const;
type Answer = (typeof ANSWERS)[number];
/** Another request was faster: the device has been unblocked, or has had another activation since the refusal, or the license key was replaced. */
const OVERTAKEN = ['BLOCKED_DEVICE_NOT_FOUND', 'REPLACEMENT_TOKEN_INVALID', 'KEY_REPLACED', 'LICENSE_NOT_FOUND'];

interface Issued {
  readonly id: string;
  /** License key that programs send: of former ones, a rotation ends each at once. */
  key: string;
}

/** How the license begins: by its template, with seats of its own, awaiting its first activation, or imported with a device. */
type Beginning = 'issued' | 'overridden' | 'waiting' | 'imported';

interface Held {
  readonly user: string | undefined;
  readonly units: number;
  readonly seen: number;
  readonly until: number;
}

type Seats = ReadonlyMap<string, Held>;

interface Terms {
  readonly license_type: 'PERPETUAL' | 'SUBSCRIPTION' | 'TRIAL' | 'EVALUATION' | 'CONCURRENT' | 'NAMED_USER';
  readonly license_model: 'PER_SEAT' | 'PER_DEVICE' | 'PER_CPU' | 'PER_CORE' | 'SITE_LICENSE' | 'ENTERPRISE';
  readonly max_activations: number;
  /** How many seats of a hundred may be in use; undefined where the limit may not be exceeded. */
  readonly percent: number | undefined;
  readonly eviction_policy: 'NONE' | 'OLDEST';
}

/** Seat metric of a license. */
function countedBy({ license_type, license_model }: Terms): Counted | 'nothing' {
  if (license_type === 'CONCURRENT') return 'activations';
  if (license_type === 'NAMED_USER') return 'users';
  if (license_model === 'SITE_LICENSE' || license_model === 'ENTERPRISE') return 'nothing';
  return license_model === 'PER_CPU' || license_model === 'PER_CORE' ? 'units' : 'activations';
}

/** How many seats there are; null is as many as one likes. */
function seatsOf(terms: Terms, max: number | null): number | null {
  if (max === null || countedBy(terms) === 'nothing') return null;
  return Math.floor((max * (terms.percent ?? 100)) / 100);
}

/** Model of seats, as small as possible. Times in milliseconds. */
class Model {
  held: Seats = new Map();
  readonly blocked = new Set<string>();
  suspended = false;
  now = 0;

  constructor(
    private readonly terms: Terms,
    public max: number | null,
  ) {}

  apply(step: Step): Answer {
    if (step.do === 'suspend') this.suspended = true;
    else if (step.do === 'reinstate') this.suspended = false;
    else if (step.do === 'limit') this.max = step.max;
    this.now += timeOf(step);
    this.held = new Map([...this.held].filter(([, { until }]) => until > this.now));
    switch (step.do) {
      case 'activate':
        return this.activate(step);
      case 'replace':
        return this.replace(step);
      case 'deactivate':
        return this.deactivate(step.device);
      case 'block':
        this.deactivate(step.device);
        this.blocked.add(step.device);
        return 'OK';
      case 'unblock':
        return this.blocked.delete(step.device) ? 'OK' : 'NOTHING';
      case 'reset':
        this.held = new Map();
        return 'OK';
      case 'rotate':
        return 'OK';
      default:
        return 'NOTHING';
    }
  }

  get inUse(): number {
    return this.count(this.held);
  }

  /** The license was imported with a device, which no user holds. */
  importDevice(device: string): void {
    const until = this.terms.license_type === 'CONCURRENT' ? this.now + LEASE_MS : Infinity;
    this.held = new Map([[device, { user: undefined, units: 1, seen: this.now, until }]]);
  }

  private deactivate(device: string): Answer {
    if (!this.held.has(device)) return 'NOTHING';
    this.held = without(this.held, device);
    return 'OK';
  }

  /** A device without a seat may replace one that alone makes room. */
  private replace({ other, ...request }: Request & { readonly other: string }): Answer {
    const before = this.held;
    const answer = this.activate(request);
    if (answer !== 'ACTIVATION_LIMIT_REACHED' || before.has(request.device) || !before.has(other)) return answer;
    this.held = without(before, other);
    const makesRoom = this.activate(request) === 'OK';
    if (!makesRoom) this.held = before;
    return makesRoom ? 'REPLACED' : answer;
  }

  private activate({ device, user: named, units }: Request): Answer {
    if (this.suspended) return 'LICENSE_STATE';
    if (this.blocked.has(device)) return 'DEVICE_BLOCKED';
    const user = named ?? this.held.get(device)?.user;
    if (user === undefined && countedBy(this.terms) === 'users') return 'VALIDATION_FAILED';
    const until = this.terms.license_type === 'CONCURRENT' ? this.now + LEASE_MS : Infinity;
    const seat = new Map([[device, { user, units, seen: this.now, until }]]);
    let others = without(this.held, device);
    const grows = this.count(join(others, seat)) > this.inUse || this.takesFromAnother(device, user);
    while (grows && !this.fits(join(others, seat))) {
      if (this.terms.eviction_policy === 'NONE' || !this.fits(seat)) return 'ACTIVATION_LIMIT_REACHED';
      others = this.withoutOldest(others);
    }
    this.held = join(others, seat);
    return 'OK';
  }

  /** A new user on a device is a new seat, though the one before may have given one back. */
  private takesFromAnother(device: string, user: string | undefined): boolean {
    const before = this.held.get(device);
    const others = [...without(this.held, device).values()].map((held) => held.user);
    return countedBy(this.terms) === 'users' && before?.user !== user && !others.includes(user);
  }

  /** A user is as old as the device that was used last. */
  private withoutOldest(seats: Seats): Seats {
    const byAge = [...seats].sort(([, one], [, other]) => one.seen - other.seen);
    if (countedBy(this.terms) !== 'users') return new Map(byAge.slice(1));
    const newest = new Map(byAge.map(([, { user, seen }]) => [user, seen]));
    const [[oldest] = []] = [...newest].sort(([, one], [, other]) => one - other);
    return new Map([...seats].filter(([, { user }]) => user !== oldest));
  }

  private fits(seats: Seats): boolean {
    const limit = seatsOf(this.terms, this.max);
    return limit === null || this.count(seats) <= limit;
  }

  private count(seats: Seats): number {
    const all = [...seats.values()];
    const counted = countedBy(this.terms);
    if (counted === 'users') return new Set(all.map(({ user }) => user)).size;
    return counted === 'units' ? all.reduce((sum, { units }) => sum + units, 0) : all.length;
  }
}

function join(seats: Seats, more: Seats): Seats {
  return new Map([...seats, ...more]);
}

function without(seats: Seats, device: string): Seats {
  return new Map([...seats].filter(([name]) => name !== device));
}

/** How long it takes: no two devices are seen at the same time, so that one of them is the oldest. */
function timeOf(step: Step): number {
  return step.do === 'wait' ? step.seconds * 1000 : step.do === 'activate' || step.do === 'replace' ? 1 : 0;
}

const device = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const request = {
  device,
  user: fc.constantFrom('ada', 'bob', 'cy', 'dee', undefined),
  units: fc.integer({ min: 1, max: 3 }),
};
const activation = fc.record({ do: fc.constant('activate' as const), ...request });
const replacement = fc.record({ do: fc.constant('replace' as const), other: device, ...request });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: activation },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deactivate' as const), device }) },
  { weight: 4, arbitrary: replacement },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'unblock' as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('reset' as const, 'rotate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('suspend' as const, 'reinstate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('transfer' as const), customer: fc.constantFrom('x', 'y') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), max: fc.constantFrom(1, 2, 3, null) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 89, LEASE_S) }),
  },
);
const terms: fc.Arbitrary<Terms> = fc.record({
  license_type: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION') },
    { weight: 1, arbitrary: fc.constant('CONCURRENT') },
    { weight: 2, arbitrary: fc.constant('NAMED_USER') },
  ),
  license_model: fc.constantFrom('PER_SEAT', 'PER_DEVICE', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE'),
  max_activations: fc.integer({ min: 1, max: 3 }),
  percent: fc.constantFrom(undefined, undefined, 150, 175, 250),
  eviction_policy: fc.constantFrom('NONE', 'OLDEST'),
});

const beginning = fc.constantFrom<Beginning[]>('issued', 'overridden', 'waiting', 'imported');
const OLD_DEVICE = 'a';

describe('whatever happens to a license', () => {
  const start = Date.now();
  let app: TestApp;
  let api: Api;
  let history: SeatHistory;
  let passed = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(start + passed) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    api = await app.tenant();
    history = await SeatHistory.watch(app.database);
  });

  afterAll(() => app.stop());

  let imports = 0;

  async function issue({ percent, ...given }: Terms, by: Beginning, devices: Wire[] = []): Promise<Issued> {
    const times = { heartbeat_interval_seconds: 60, heartbeat_grace_seconds: LEASE_S - 60 };
    // A factor means nothing where the limit may not be exceeded.
    const overage = percent === undefined ? { factor: 2, policy: 'DENY' } : { factor: percent / 100, policy: 'ALLOW' };
    const beyond = { overage_policy: overage.policy, overage_factor: overage.factor };
    const more = { default_duration: null, self_service_replacement: true };
    const { max_activations } = given;
    const ofTemplate = by === 'overridden' ? { max_activations: max_activations + 4 } : {};
    const template = await api.template({ ...given, ...beyond, ...times, ...more, ...ofTemplate });
    if (by === 'imported') {
      const key = `Imported key no. ${++imports}`;
      const line = {
        license_template_id: template,
        license_key: key,
        customer: { customer_id: 'customer-1' },
        devices,
      };
      const { body } = await api.send('post', '/v1/licenses:import', JSON.stringify(line), { 'Content-Type': NDJSON });
      return { id: (body as Wire[])[0]?.license_id as string, key };
    }
    const order = {
      issued: {},
      overridden: { overrides: { max_activations } },
      waiting: { starts: 'AT_FIRST_ACTIVATION' },
    }[by];
    const { license_id, license_key } = await api.issue(template, order);
    return { id: license_id as string, key: license_key as string };
  }

  const answerOf = ({ status, body }: { status: number; body: Wire }) =>
    status === 200 ? 'OK' : (body.code as string);
  const active = async (id: string): Promise<Wire[]> => {
    const { data } = (await api.get(`/v1/licenses/${id}/activations?status=ACTIVE`)).body;
    // A lease that has ended may not be written down.
    return (data as Wire[]).filter(({ status }) => status === 'ACTIVE');
  };

  /** The program activates; if it is refused and may replace the other device, it does. */
  async function replace({ id, key }: Issued, { device: fingerprint, user, units, other }: Step & { do: 'replace' }) {
    const [replaced] = (await active(id)).filter((each) => each.fingerprint === other);
    const of = { license_key: key, tenant_id: api.tenantId };
    const program = { ...of, fingerprint, units, ...(user && { user_id: user }) };
    const refused = await app.anonymous().post('/v1/client/activate', program);
    const { devices = [], replacement_token } = refused.body as { devices?: Wire[]; replacement_token?: string };
    const chosen = devices.find(({ activation_id }) => activation_id === replaced?.activation_id);
    if (!chosen) return answerOf(refused);
    const choice = { activation_id: chosen.activation_id as string, replacement_token: replacement_token ?? '' };
    const answer = answerOf(await app.anonymous().post('/v1/client/replace', { ...program, ...choice }));
    return answer === 'OK' ? 'REPLACED' : answer;
  }

  async function apply(license: Issued, one: Step): Promise<string> {
    const { id } = license;
    passed += timeOf(one);
    const path = `/v1/licenses/${id}`;
    switch (one.do) {
      case 'activate': {
        const { device: fingerprint, user, units } = one;
        return answerOf(await api.post(`${path}/activations`, { fingerprint, units, ...(user && { user_id: user }) }));
      }
      case 'deactivate': {
        const found = (await active(id)).find(({ fingerprint }) => fingerprint === one.device);
        return found ? answerOf(await api.post(`${path}/activations/${found.activation_id}/deactivate`)) : 'NOTHING';
      }
      case 'replace':
        return replace(license, one);
      case 'block':
        return answerOf(
          await api.post(`${path}/blocked-devices`, { fingerprint: one.device, reason: { code: 'OTHER' } }),
        );
      case 'unblock': {
        const { data } = (await api.get(`${path}/blocked-devices?fingerprint=${one.device}`)).body;
        const [found] = data as Wire[];
        if (!found) return 'NOTHING';
        return answerOf(await api.send('delete', `${path}/blocked-devices/${found.blocked_device_id}`));
      }
      case 'reset':
        return answerOf(await api.post(`${path}/activations:reset`));
      case 'rotate': {
        const rotated = await api.post(`${path}/rotate-key`, { reason: { code: 'OTHER' } });
        license.key = rotated.body.license_key as string;
        return answerOf(rotated);
      }
      case 'suspend':
      case 'reinstate':
        await api.post(`${path}/${one.do}`, { reason: { code: 'OTHER' } });
        return 'NOTHING';
      case 'limit':
        await api.patch(path, { max_activations: one.max });
        return 'NOTHING';
      case 'transfer':
        await api.post(`${path}/transfer`, { customer_id: one.customer });
        return 'NOTHING';
      case 'wait':
        return 'NOTHING';
    }
  }

  /** Blocked devices that have a seat, and whether the license counts its blocks. */
  const blocksOf = async (id: string) => {
    const [row] = await app.database.query(
      `SELECT count(device.activation_id)::int AS active, count(block.*) = max(blocked_devices) AS "isCounted"
       FROM licenses LEFT JOIN blocked_devices block ON block.license_id = licenses.license_id AND block.ended_at IS NULL
       LEFT JOIN license_activations device ON device.license_id = block.license_id
         AND device.fingerprint = block.fingerprint AND device.status = 'ACTIVE'
       WHERE licenses.license_id = $1`,
      [id],
    );
    return row;
  };
  const inUse = async (id: string) => (await api.get(`/v1/licenses/${id}`)).body.current_activations as number;
  const seatsTaken = async (id: string) => ({
    inUse: await inUse(id),
    devices: (await active(id)).map(({ fingerprint }) => fingerprint as string).sort(),
  });

  it(
    'each answer, the devices and the count are those of a model of a page',
    async () => {
      const reached = new Set<string>();
      const ways = ['OK', 'ACTIVATION_LIMIT_REACHED', 'EVICTED', 'EXCEEDED'];
      const wanted = ['activations', 'units', 'users'].flatMap((counted) => ways.map((way) => `${counted} ${way}`));
      await assertUntilReached(
        fc.asyncProperty(
          terms,
          beginning,
          fc.array(step, { minLength: 10, maxLength: 25 }),
          async (given, by, steps) => {
            const counted = countedBy(given);
            const isHeld = by === 'imported' && counted !== 'users';
            const license = await issue(given, by, isHeld ? [{ fingerprint: OLD_DEVICE }] : []);
            const { id } = license;
            const model = new Model(given, given.max_activations);
            if (isHeld) model.importDevice(OLD_DEVICE);
            for (const one of steps) {
              const before = { held: model.held, inUse: model.inUse };
              const expected = model.apply(one);
              expect({ one, answer: await apply(license, one) }).toEqual({ one, answer: expected });
              const devices = [...model.held.keys()].sort();
              expect({ one, ...(await seatsTaken(id)) }).toEqual({ one, inUse: model.inUse, devices });
              if (expected === 'REPLACED' || expected === 'DEVICE_BLOCKED') reached.add(expected);
              if (one.do === 'activate' && expected === 'OK') reached.add(by);
              if (one.do !== 'activate') continue;
              const lost = [...before.held].some(([name, { until }]) => until > model.now && !model.held.has(name));
              reached.add(`${counted} ${expected}`);
              if (lost) reached.add(`${counted} EVICTED`);
              if (model.inUse > Math.max(before.inUse, model.max ?? Infinity)) reached.add(`${counted} EXCEEDED`);
            }
          },
        ),
        { numRuns: RUNS, timeLimitMs: RUNS * 5_000 },
        () =>
          [
            ...wanted,
            ...['nothing OK', 'nothing EXCEEDED', 'REPLACED', 'DEVICE_BLOCKED'],
            ...['issued', 'overridden', 'waiting', 'imported'],
          ].filter((each) => !reached.has(each)),
      );
    },
    RUNS * 6_000,
  );

  it(
    'all of it at once never gives away more than there is, and the count is what is there',
    async () => {
      const noTime = step.filter((one) => one.do !== 'wait');
      const changed = new Set<string>();
      await assertUntilReached(
        fc.asyncProperty(
          terms,
          beginning,
          fc.array(noTime, { minLength: 30, maxLength: 60 }),
          async (given, by, steps) => {
            const license = await issue(given, by);
            const { id } = license;
            const answers = await Promise.all(steps.map((one) => apply(license, one)));
            expect(answers.filter((answer) => ![...ANSWERS, ...OVERTAKEN].includes(answer))).toEqual([]);
            expect(await blocksOf(id)).toMatchObject({ active: 0, isCounted: true });
            const versions = await history.of(id);
            const counted = countedBy(given);
            if (versions.length > 0) changed.add(counted);
            const what = counted === 'nothing' ? 'activations' : counted;
            expect(faultsOf(versions, what, (max) => seatsOf(given, max))).toEqual([]);
            expect(await inUse(id)).toBe(versions.at(-1)?.stored ?? 0);
          },
        ),
        { numRuns: RUNS, timeLimitMs: RUNS * 5_000 },
        () => (['activations', 'nothing', 'units', 'users'] as const).filter((counted) => !changed.has(counted)),
      );
    },
    RUNS * 6_000,
  );
});

/**
 * Model of a lease. Time in milliseconds; Infinity is a seat for good. A lease that ended stays `ended` once a request found it so; until
 * then a heartbeat at a late clock extends it.
 */
class LeaseModel {
  private readonly devices = new Map<string, { lease: number; file: number; online: boolean; ended: boolean }>();
  /** Ends of leases that requests found, in their order, with the seats after each. */
  readonly ends: { device: string; at: number; inUse: number }[] = [];

  constructor(
    private lends: boolean,
    private readonly max: number,
  ) {}

  apply(one: LeaseStep, now: number): string {
    if (one.do === 'wait') return 'NOTHING';
    if (one.do === 'heartbeat') return this.heartbeat(one.device, now - one.behind);
    const seats = this.seatsAt(now);
    const seat = one.do === 'terms' ? undefined : seats.get(one.device);
    if (one.do === 'deactivate' && !seat) return 'NOTHING';
    this.findEnds(now);
    switch (one.do) {
      case 'terms':
        return this.changeTerms(now);
      case 'deactivate':
        if (seat && seat.file > now) return 'SEAT_LENT';
        this.devices.delete(one.device);
        return 'OK';
      case 'activate':
        if (!seat && seats.size >= this.max) return 'ACTIVATION_LIMIT_REACHED';
        return this.comeOnline(one.device, seat?.lease ?? 0, seat?.file ?? 0, now);
      case 'check-out': {
        if (!seat && seats.size >= this.max) return 'ACTIVATION_LIMIT_REACHED';
        const file = Math.max(seat?.file ?? 0, now + one.seconds * 1000);
        const lease = Math.max(seat?.lease ?? 0, file);
        this.devices.set(one.device, { lease, file, online: seat?.online ?? false, ended: false });
        return 'OK';
      }
    }
  }

  seatsAt(now: number) {
    return new Map([...this.devices].filter(([, { lease, ended }]) => !ended && lease > now));
  }

  findEnds(now: number): void {
    const found = [...this.devices].filter(([, { lease, ended }]) => !ended && lease <= now);
    const inUse = this.seatsAt(now).size;
    for (const [at, [device, each]] of found.sort(([, one], [, other]) => one.lease - other.lease).entries()) {
      each.ended = true;
      this.ends.push({ device, at: each.lease, inUse: inUse + found.length - 1 - at });
    }
  }

  private heartbeat(device: string, time: number): string {
    const known = this.devices.get(device);
    if (!known) return 'NOTHING';
    if (!this.seatsAt(time).has(device)) return 'HEARTBEAT_EXPIRED';
    return this.comeOnline(device, known.lease, known.file, time);
  }

  private comeOnline(device: string, before: number, file: number, now: number): string {
    const kept = before === Infinity || before > now + LEASE_MS + MAX_DIFFERENCE_MS ? 0 : before;
    const lease = this.lends ? Math.max(now + LEASE_MS, kept, file) : Infinity;
    this.devices.set(device, { lease, file, online: true, ended: false });
    return 'OK';
  }

  private changeTerms(now: number): string {
    this.lends = !this.lends;
    for (const seat of this.devices.values()) {
      if (seat.online && !seat.ended) seat.lease = this.lends ? Math.max(now + LEASE_MS, seat.file) : Infinity;
    }
    return 'OK';
  }
}

const leaseStep: fc.Arbitrary<LeaseStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('activate' as const, 'deactivate' as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('check-out' as const), device, seconds: fc.constantFrom(60, 200) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('heartbeat' as const), device, behind: fc.constantFrom(0, 1, 89_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('terms' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 59, 61, LEASE_S) }),
  },
);

describe('whatever happens to a lease', () => {
  const start = Date.now();
  const MAX = 3;
  let app: TestApp;
  let api: Api;
  let passed = 0;
  let behind = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(start + passed - behind) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  it(
    'each answer, and until when each device has its seat, are those of a model of a page',
    async () => {
      const times = { heartbeat_interval_seconds: 60, heartbeat_grace_seconds: LEASE_S - 60, default_duration: null };
      const given = { ...times, license_model: 'PER_SEAT', max_activations: MAX };
      const lending = await api.template({ ...given, license_type: 'CONCURRENT' });
      const { product_id } = (await api.get(`/v1/license-templates/${lending}`)).body;
      const giving = await api.template({ ...given, license_type: 'SUBSCRIPTION', product_id });
      const reached = new Set<string>();
      const endsOf = (id: string) =>
        app.database.query<{ device: string; at: number; inUse: number }>(
          `SELECT personal ->> 'fingerprint' AS device, (event_data ->> 'current_activations')::int AS "inUse",
                  (extract(epoch FROM (event_data ->> 'due_at')::timestamptz) * 1000)::float8 AS at
           FROM (SELECT license_id, event_type, event_data, personal FROM license_event_logs
                 UNION ALL SELECT license_id, event_type, event_data, personal FROM outbox) AS event
           WHERE license_id = $1 AND event_type = 'license.lease_expired'`,
          [id],
        );
      /** Ends at the same moment have no order. */
      const sorted = (ends: readonly { device: string; at: number; inUse: number }[]) => [
        ends.map(({ device, at }) => `${at} ${device}`).sort(),
        ends.map(({ inUse, at }) => `${at} ${inUse}`).sort(),
      ];

      const apply = async (id: string, key: string, lends: boolean, one: LeaseStep): Promise<string> => {
        const code = ({ status, body }: { status: number; body: Wire }) =>
          status === 200 ? 'OK' : (body.code as string);
        const path = `/v1/licenses/${id}`;
        switch (one.do) {
          case 'activate':
            return code(await api.post(`${path}/activations`, { fingerprint: one.device }));
          case 'check-out':
            return code(await api.post(`${path}/check-out`, { fingerprint: one.device, ttl_seconds: one.seconds }));
          case 'heartbeat': {
            // At a process whose clock is late.
            behind = one.behind;
            const answer = await app
              .anonymous()
              .post('/v1/client/heartbeat', { license_key: key, fingerprint: one.device });
            behind = 0;
            return code(answer);
          }
          case 'terms':
            return code(await api.post(`${path}/change-template`, { license_template_id: lends ? giving : lending }));
          case 'deactivate': {
            const { data } = (await api.get(`${path}/activations?status=ACTIVE`)).body;
            const found = (data as Wire[]).find(({ fingerprint }) => fingerprint === one.device);
            return code(await api.post(`${path}/activations/${found?.activation_id}/deactivate`));
          }
          case 'wait':
            return 'NOTHING';
        }
      };

      const wanted = [
        'activate OK',
        'activate ACTIVATION_LIMIT_REACHED',
        'check-out OK',
        'heartbeat OK',
        'heartbeat HEARTBEAT_EXPIRED',
        'terms OK',
      ];
      await assertUntilReached(
        fc.asyncProperty(fc.boolean(), fc.array(leaseStep, { minLength: 10, maxLength: 20 }), async (first, steps) => {
          let lends = first;
          const model = new LeaseModel(lends, MAX);
          const { license_id: id, license_key: key } = await api.issue(lends ? lending : giving);
          for (const one of steps) {
            passed += one.do === 'wait' ? one.seconds * 1000 : 1;
            const expected = model.apply(one, start + passed);
            const answer = expected === 'NOTHING' ? expected : await apply(id as string, key as string, lends, one);
            expect({ one, answer }).toEqual({ one, answer: expected });
            if (one.do === 'terms') lends = !lends;
            const { data } = (await api.get(`/v1/licenses/${id}/activations?status=ACTIVE`)).body;
            const seats = (data as Wire[]).map(({ fingerprint, lease_expires_at: end }) => [
              fingerprint,
              end === null ? Infinity : Date.parse(end as string),
            ]);
            expect({ one, seats: seats.sort() }).toEqual({
              one,
              seats: [...model.seatsAt(start + passed)].map(([name, { lease }]) => [name, lease]).sort(),
            });
            reached.add(`${one.do} ${answer}`);
          }
          model.findEnds(start + passed);
          await app.nest.get(LeaseTimer).sweep();
          expect(sorted(await endsOf(id as string))).toEqual(sorted(model.ends));
          for (const { inUse } of model.ends) reached.add(`end ${inUse}`);
        }),
        { numRuns: Math.ceil(RUNS / 2), timeLimitMs: RUNS * 2_500 },
        () =>
          [...wanted, 'deactivate OK', 'deactivate SEAT_LENT', 'end 0', 'end 1'].filter((each) => !reached.has(each)),
      );
    },
    RUNS * 3_000,
  );
});
