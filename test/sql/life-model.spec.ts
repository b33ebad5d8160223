import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import fc, { assertUntilReached } from '../support/property.js';
import {
  ConvertTrialCommand,
  ReinstateLicenseCommand,
  RenewLicenseCommand,
  RevokeLicenseCommand,
  RotateLicenseKeyCommand,
  SuspendLicenseCommand,
  TransferLicenseCommand,
  UpdateLicenseCommand,
  type LicenseResponse,
} from '../../src/licensing/index.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { Clock } from '../../src/shared/time/clock.js';
import { Actor } from '../../src/shared/access/actor.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);
const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const TERM = 30;
const GRACE = 5;
const OWN_SEATS = 3;
const IMPORTED_EXPIRY = 40;
const reason = { code: 'OTHER' } as const;

/** How a license begins: as a trial, with seats of its own, awaiting its first activation, or imported. */
const BEGINNINGS = ['trial', 'overridden', 'waiting', 'imported'] as const;
type Beginning = (typeof BEGINNINGS)[number];

/** The license as simple as it can be thought of. Days count from the start. */
class Model {
  status: 'ACTIVE' | 'SUSPENDED' | 'REVOKED' = 'ACTIVE';
  trial: boolean;
  /** Infinity while the first activation is awaited. */
  expiry: number;
  customer = 'c';
  seats: number;
  changes = 1;
  events: string[];
  private isActivated = false;
  private readonly refusals = new Set<string>();
  private readonly hasOwnSeats: boolean;
  /** The day of the first thing that time has done and nobody has told. */
  private due: number | undefined;

  constructor(beginning: Beginning) {
    this.trial = beginning === 'trial';
    this.expiry = { trial: 14, overridden: TERM, waiting: Infinity, imported: IMPORTED_EXPIRY }[beginning];
    this.hasOwnSeats = beginning === 'overridden' || beginning === 'imported';
    this.seats = this.hasOwnSeats ? OWN_SEATS : 1;
    this.events = [beginning === 'imported' ? 'imported' : 'created'];
    this.due = this.after(0);
  }

  /** Answer: `ok`, or the problem code. */
  apply(step: Step, today: number): string {
    if (step.kind === 'wait') return 'ok';
    const refusal = this.refusal(step, today);
    if (refusal && step.kind === 'activate') this.refuseActivation(today);
    if (refusal) return refusal;
    if (step.kind === 'activate') return this.activate(today);
    this.look(today);
    if (step.kind === 'look') return 'ok';
    const event = this.change(step, today);
    if (event) this.events.push(event);
    if (event) this.changes++;
    if (this.due === undefined || this.due > today) this.due = this.after(today);
    return 'ok';
  }

  /** A refusal of the device is recorded once in an hour for each state that is its reason. */
  private refuseActivation(today: number): void {
    const recorded = `${today} ${this.status}`;
    if (!this.refusals.has(recorded)) this.events.push('activation_refused');
    this.refusals.add(recorded);
  }

  /** The first activation of the device; that of a waiting license starts it. */
  private activate(today: number): string {
    if (this.expiry === Infinity) {
      this.expiry = today + TERM;
      this.events.push('started');
      this.changes++;
      this.due = this.after(today);
    }
    if (!this.isActivated) this.events.push('activated');
    this.isActivated = true;
    return 'ok';
  }

  /** Time passes, and somebody looks what it did. */
  look(today: number): void {
    if (this.status !== 'ACTIVE' || this.due === undefined) return;
    const passed = this.moments().filter(([at]) => at >= this.due! && at <= today);
    const happened = passed.map(([, event]) => event).filter((event) => event !== 'renewal_due');
    this.events.push(...(happened.length > 0 ? happened : passed.slice(-1).map(([, event]) => event)));
    this.due = this.after(today);
  }

  reads(today: number) {
    const expired = this.status === 'ACTIVE' && this.expiry <= today;
    const graceEnd = this.trial ? this.expiry : this.expiry + GRACE;
    return {
      status: expired ? 'EXPIRED' : this.status === 'ACTIVE' && this.expiry === Infinity ? 'PENDING' : this.status,
      in_grace: expired && today < graceEnd,
      trial: this.trial,
      expiry_date: this.expiry === Infinity ? null : new Date(START + this.expiry * DAY_MS).toISOString(),
      customer_id: this.customer,
      max_activations: this.seats,
      ...(this.hasOwnSeats && { overrides: { max_activations: this.seats } }),
      version: this.changes,
    };
  }

  private refusal({ kind }: Step, today: number): string | undefined {
    if (kind === 'look') return undefined;
    const suspended = this.status === 'SUSPENDED';
    const isOver = this.expiry + (this.trial ? 0 : GRACE) <= today;
    const wrong = [
      ...(suspended ? ['convert', 'suspend', 'activate'] : ['reinstate']),
      ...(isOver ? ['activate'] : []),
      ...(this.expiry === Infinity ? ['renew', 'convert'] : []),
    ];
    if (this.status === 'REVOKED' || wrong.includes(kind)) return 'LICENSE_STATE';
    if (kind === 'convert' && !this.trial) return 'LICENSE_NOT_TRIAL';
    if (kind === 'transfer' && this.trial) return 'LICENSE_IS_TRIAL';
    return undefined;
  }

  /** Type of its event in the log; undefined if nothing changes. */
  private change({ kind, value }: Step, today: number): string | undefined {
    switch (kind) {
      case 'renew':
        this.expiry = Math.max(today, this.expiry) + value;
        return 'renewed';
      case 'convert':
        [this.trial, this.expiry] = [false, today + TERM];
        return 'trial_converted';
      case 'transfer':
        if (this.customer === `c-${value}`) return undefined;
        this.customer = `c-${value}`;
        return 'transferred';
      case 'edit':
        if (this.seats === value) return undefined;
        this.seats = value;
        return 'updated';
      case 'rotate':
        return 'key_rotated';
      default:
        this.status = kind === 'suspend' ? 'SUSPENDED' : kind === 'revoke' ? 'REVOKED' : 'ACTIVE';
        return kind === 'reinstate' ? 'reinstated' : kind === 'suspend' ? 'suspended' : 'revoked';
    }
  }

  private moments(): [number, string][] {
    const end: [number, string][] = this.trial ? [] : [[this.expiry + GRACE, 'grace_ended']];
    const reminders = [30, 14, 7, 1].map((days): [number, string] => [this.expiry - days, 'renewal_due']);
    return [...reminders, [this.expiry, 'expired'], ...end];
  }

  private after(today: number): number | undefined {
    return this.moments().find(([at]) => at > today)?.[0];
  }
}

interface Step {
  readonly kind: (typeof KINDS)[number] | 'revoke' | 'activate';
  readonly value: number;
}

const KINDS = ['renew', 'convert', 'suspend', 'reinstate', 'transfer', 'edit', 'rotate', 'wait', 'look'] as const;
const stepsOf = (kinds: readonly Step['kind'][]) =>
  fc.array(
    fc.record({
      kind: fc.oneof(
        { weight: 1, arbitrary: fc.constant('revoke' as const) },
        { weight: 15, arbitrary: fc.constantFrom<Step['kind'][]>(...kinds) },
      ),
      value: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 20 },
  );
const beginnings = fc.constantFrom<Beginning[]>(...BEGINNINGS);

describe('the life of a license, against a model', () => {
  let app: TestApp;
  let api: Api;
  let actor: Actor;
  let template: string;
  let today = 0;
  let customers = 0;

  beforeAll(async () => {
    app = await TestApp.start({
      // Milestones are applied when the model says so.
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => new Date(START + today * DAY_MS) }),
    });
    api = await app.tenant();
    actor = Actor.service('test', api.tenantId);
    template = await api.template({
      trial_allowed: true,
      trial_duration_days: 14,
      default_duration: TERM,
      grace_period_days: GRACE,
      max_activations: 1,
    });
  });

  afterAll(() => app.stop());

  const begin = async (beginning: Beginning): Promise<{ id: string; model: Model }> => {
    today = 0;
    const model = new Model(beginning);
    model.customer = `customer-${++customers}`;
    const id = beginning === 'imported' ? await importFor(model.customer) : await issue(beginning, model.customer);
    return { id, model };
  };

  const issue = async (beginning: Exclude<Beginning, 'imported'>, customer_id: string) => {
    const terms = {
      trial: { trial: true },
      overridden: { overrides: { max_activations: OWN_SEATS } },
      waiting: { starts: 'AT_FIRST_ACTIVATION' },
    }[beginning];
    return (await api.issue(template, { customer_id, ...terms })).license_id as string;
  };

  const importFor = async (customer_id: string) => {
    const line = {
      ...{ license_template_id: template, license_key: `imported-key-of-${customer_id}`, customer: { customer_id } },
      ...{ issued_date: '2025-06-01T00:00:00Z', max_activations: OWN_SEATS },
      expiry_date: new Date(START + IMPORTED_EXPIRY * DAY_MS).toISOString(),
    };
    const { body } = await api.send('post', '/v1/licenses:import', JSON.stringify(line), { 'Content-Type': NDJSON });
    return (body as Wire[])[0]?.license_id as string;
  };

  const command = (id: string, { kind, value }: Step, key?: string) => {
    const options = key === undefined ? {} : { idempotencyKey: key };
    switch (kind) {
      case 'renew':
        return new RenewLicenseCommand(actor, id, { days: value }, options);
      case 'convert':
        return new ConvertTrialCommand(actor, id, {}, options);
      case 'suspend':
        return new SuspendLicenseCommand(actor, id, { reason }, options);
      case 'reinstate':
        return new ReinstateLicenseCommand(actor, id, {}, options);
      case 'revoke':
        return new RevokeLicenseCommand(actor, id, { reason }, options);
      case 'transfer':
        return new TransferLicenseCommand(actor, id, { customer_id: `c-${value}` }, options);
      case 'edit':
        return new UpdateLicenseCommand(actor, id, { max_activations: value }, options);
      case 'rotate':
        return new RotateLicenseKeyCommand(actor, id, { reason }, options);
      default:
        return undefined;
    }
  };

  const send = async (id: string, step: Step, key?: string): Promise<string> => {
    if (step.kind === 'activate') {
      const { status, body } = await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'device' });
      return status === 200 ? 'ok' : (body.code as string);
    }
    const message = command(id, step, key);
    if (!message) return 'ok';
    return app.nest
      .get(CommandBus)
      .execute<typeof message, LicenseResponse>(message)
      .then(
        () => 'ok',
        (error: unknown) => (error as { options?: { errorCode?: string } }).options?.errorCode ?? 'another error',
      );
  };

  const recorded = async (id: string): Promise<string[]> =>
    ((await api.get(`/v1/license-events?license_id=${id}&limit=100`)).body.data as Wire[]).map(({ event_type }) =>
      (event_type as string).replace('license.', ''),
    );

  it('step by step, while time passes, it reads as the model, answers as the model, and has its history', async () => {
    const seen = new Map<string, number>();
    const wanted = Object.entries({
      'renew ok': 10,
      'transfer ok': 1,
      'edit LICENSE_STATE': 1,
      'rotate ok': 1,
      'activate ok': 1,
    });
    await assertUntilReached(
      fc.asyncProperty(beginnings, stepsOf([...KINDS, 'activate']), async (beginning, sequence) => {
        const { id, model } = await begin(beginning);
        for (const step of sequence) {
          if (step.kind === 'wait') today += step.value * 5;
          const expected = model.apply(step, today);
          if (step.kind === 'look') await app.nest.get(LicenseTimer).sweep();
          const answer = await send(id, step);
          expect({ step, answer }).toEqual({ step, answer: expected });
          seen.set(`${step.kind} ${answer}`, (seen.get(`${step.kind} ${answer}`) ?? 0) + 1);
          expect((await api.get(`/v1/licenses/${id}`)).body).toMatchObject(model.reads(today));
        }
        await eventually(async () => {
          expect(await recorded(id)).toEqual(model.events);
        });
      }),
      { numRuns: RUNS, timeLimitMs: 60_000 },
      () => wanted.filter(([what, times]) => (seen.get(what) ?? 0) < times),
    );
  }, 120_000);

  it('all at once, each twice with its key, it is as if they had come one after another in the order of the log', async () => {
    await fc.assert(
      fc.asyncProperty(beginnings, stepsOf(KINDS), async (beginning, sequence) => {
        const { id, model } = await begin(beginning);
        const answers = await Promise.all(
          sequence.flatMap((step, at) => [send(id, step, `${id} ${at}`), send(id, step, `${id} ${at}`)]),
        );
        const { body } = await api.get(`/v1/licenses/${id}`);
        const history = await eventually(async () => {
          const events = await recorded(id);
          expect(events).toHaveLength(body.version as number);
          return events;
        });
        const kinds: Record<string, Step['kind']> = {
          renewed: 'renew',
          trial_converted: 'convert',
          suspended: 'suspend',
          reinstated: 'reinstate',
          revoked: 'revoke',
          transferred: 'transfer',
          updated: 'edit',
          key_rotated: 'rotate',
        };
        const { data } = (await api.get(`/v1/license-events?license_id=${id}&limit=100`)).body;
        for (const [at, event] of history.slice(1).entries()) {
          const kind = kinds[event]!;
          const { before, after } = (data as Wire[])[at + 1].event_data;
          const daysOf = (time: string) => (Date.parse(time) - START) / DAY_MS;
          const value =
            kind === 'renew'
              ? daysOf(after.expiry_date as string) - daysOf(before.expiry_date as string)
              : kind === 'transfer'
                ? Number((after.customer_id as string).slice(2))
                : Number(after.max_activations ?? 1);
          expect(model.apply({ kind, value }, 0)).toBe('ok');
        }
        expect(model.events).toEqual(history);
        expect(body).toMatchObject(model.reads(0));
        // No renewal is lost, and none counted twice, unless the license was revoked in between.
        const renewed = history.filter((event) => event === 'renewed').length;
        const sent = sequence.filter(({ kind }) => kind === 'renew').length;
        if (history.includes('revoked')) expect(renewed).toBeLessThanOrEqual(sent);
        else expect(renewed).toBe(beginning === 'waiting' ? 0 : sent);
        expect(answers.filter((answer) => !/^(ok|LICENSE_\w+)$/.test(answer))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});
