import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BODIES } from '../../src/workflows/definitions/bodies.js';
import { leadToCustomer } from '../../src/workflows/definitions/lead-to-customer.js';
import {
  CANCEL,
  RETRY,
  runBody,
  type Outcome,
  type StepOutcome,
  type StepRequest,
} from '../../src/workflows/definitions/run-body.js';
import { RestFailure } from '../../src/workflows/steps/rest-performer.js';
import { REST_STEPS } from '../../src/workflows/steps/rest-steps.js';
import { checkInput, createActivities } from '../../workers/temporal/src/activities.js';
import { EncryptingPayloadCodec } from '../../workers/temporal/src/payload-codec.js';
import { readWorkerSettings } from '../../workers/temporal/src/settings.js';
import { TemporalPrimitives, type TemporalOperations } from '../../workers/temporal/src/temporal-primitives.js';

const HISTORIES = 'workers/temporal/histories';
const INPUT = {
  lead: { first_name: 'Jane' },
  license_template_id: 'team-yearly',
  approval: true,
  approval_timeout_days: 30,
  welcome: false,
};

/** Operations in memory. `outcomes` answer the steps in turn; `whileWaiting` is called once at each wait. */
class FakeOperations implements TemporalOperations {
  readonly performed: string[] = [];
  readonly waits: (number | undefined)[] = [];
  time = 1_000;

  constructor(
    private readonly outcomes: (StepOutcome | (() => StepOutcome))[],
    private readonly whileWaiting: () => void = () => undefined,
  ) {}

  perform({ key }: StepRequest): Promise<StepOutcome> {
    this.performed.push(key);
    const outcome = this.outcomes.shift() ?? { result: {} };
    return Promise.resolve(typeof outcome === 'function' ? outcome() : outcome);
  }

  condition(holds: () => boolean, timeoutMs?: number): Promise<boolean> {
    this.waits.push(timeoutMs);
    this.whileWaiting();
    return Promise.resolve(holds());
  }

  now() {
    return this.time;
  }

  uuid() {
    return '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e';
  }

  patched() {
    return true;
  }
}

const CUSTOMER: StepOutcome = { result: { customer_id: 'c', created: true } };
const LICENSE: StepOutcome = { result: { license_id: 'l', created: true } };

describe('the primitives over Temporal', () => {
  it('keep a signal that came before the body waits for it', async () => {
    const operations = new FakeOperations([CUSTOMER, LICENSE]);
    const primitives = new TemporalPrimitives('run', operations);
    primitives.deliver({ name: 'approved' });
    expect(await runBody(leadToCustomer, INPUT, primitives)).toMatchObject({ state: 'COMPLETED' });
    expect(operations.waits).toEqual([]);
    expect(operations.performed).toEqual(['createCustomer', 'issueLicense']);
  });

  it('wait until the deadline, and show for what', async () => {
    const states: unknown[] = [];
    const operations = new FakeOperations([CUSTOMER], () => states.push(primitives.state));
    const primitives = new TemporalPrimitives('run', operations);
    expect(await runBody(leadToCustomer, INPUT, primitives)).toMatchObject({
      error: { code: 'NOT_APPROVED' },
      undone: ['deactivateCustomer'],
    });
    expect(operations.waits).toEqual([30 * 86_400_000]);
    expect(states).toEqual([{ state: 'WAITING', signal: 'approved', until: 30 * 86_400_000 + 1_000 }]);
    expect(primitives.state).toEqual({ state: 'RUNNING' });
  });

  it('wait no more when the deadline has passed', async () => {
    const operations = new FakeOperations([]);
    expect(await new TemporalPrimitives('run', operations).receive(operations.time)).toBeNull();
    expect(operations.waits).toEqual([]);
  });

  it('cancel a run in its step before the next one', async () => {
    const cancelled = (): StepOutcome => {
      primitives.deliver({ name: CANCEL });
      return CUSTOMER;
    };
    const operations = new FakeOperations([cancelled]);
    const primitives = new TemporalPrimitives('run', operations);
    expect(await runBody(leadToCustomer, { ...INPUT, approval: false }, primitives)).toMatchObject({
      state: 'CANCELLED',
      undone: ['deactivateCustomer'],
    });
    expect(operations.performed).toEqual(['createCustomer', 'deactivateCustomer']);
  });

  it('repeat a step with the same key when a stalled run is told to', async () => {
    const exhausted = { exhausted: { code: 'NO_ANSWER', message: 'The step failed with NO_ANSWER.' } };
    const states: unknown[] = [];
    const operations = new FakeOperations([CUSTOMER, exhausted, LICENSE], () => {
      states.push(primitives.state);
      primitives.deliver({ name: RETRY });
    });
    const primitives = new TemporalPrimitives('run', operations);
    const outcome = await runBody(leadToCustomer, { ...INPUT, approval: false }, primitives);
    expect(outcome).toMatchObject({ state: 'COMPLETED' });
    expect(states).toEqual([{ state: 'STALLED', step: 'issueLicense', error: exhausted.exhausted }]);
    expect(operations.performed).toEqual(['createCustomer', 'issueLicense', 'issueLicense']);
  });
});

describe('the activities of the Temporal worker', () => {
  it('are the steps of the contract, and tell Temporal what to repeat', async () => {
    const failures: string[] = [];
    const activities = createActivities(
      { perform: () => Promise.reject(new Error('personal')) },
      (failure: RestFailure) => {
        failures.push(failure.code);
        return new TypeError('to Temporal');
      },
    );
    expect(Object.keys(activities).sort()).toEqual(['checkInput', ...Object.keys(REST_STEPS)].sort());
    await expect(activities.issueLicense?.({} as never)).rejects.toThrow('to Temporal');
    expect(failures).toEqual(['INTERNAL_ERROR']);
  });

  it('check an input as the server does, with its defaults', async () => {
    const { lead, license_template_id } = INPUT;
    const check = (input: object, runId = 'lead-1', workflow = 'lead-to-customer') =>
      checkInput({ workflow, runId, input });
    expect(await check({ lead, license_template_id })).toEqual({
      input: { lead, license_template_id, approval: false, approval_timeout_days: 30, welcome: true },
    });
    const refused = (message: string) => ({
      refused: { code: 'VALIDATION_FAILED', message: expect.stringContaining(message) },
    });
    expect(await check({ lead, license_template_id, approval: 1 })).toMatchObject(refused('/approval must be'));
    expect(await check({ lead, license_template_id }, 'a/b')).toMatchObject(refused('id of the workflow'));
    expect(await check({}, 'lead-1', 'toString')).toMatchObject(refused('There is no workflow toString.'));
  });

  it('need an address, an API key and a key for payloads', () => {
    const complete = { IMPRIMATUR_URL: 'http://127.0.0.1:1', IMPRIMATUR_API_KEY: 'k', TEMPORAL_PAYLOAD_KEY: 'p' };
    expect(readWorkerSettings(complete)).toMatchObject({ taskQueue: 'imprimatur', payloadKeys: 'p' });
    for (const name of Object.keys(complete)) {
      expect(() => readWorkerSettings({ ...complete, [name]: '' })).toThrow(`${name} is not set.`);
    }
  });
});

describe('the payload codec', () => {
  const newKey = () => randomBytes(32).toString('base64');
  const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"Jane Roe"') };

  it('encrypts each payload anew, and decrypts it to what it was', async () => {
    const codec = new EncryptingPayloadCodec(newKey());
    const sealed = await codec.encode([payload, payload]);
    const [first = payload, second = payload] = sealed;
    expect(Buffer.compare(first.data, second.data)).not.toBe(0);
    expect(JSON.stringify(sealed)).not.toContain(JSON.stringify(payload.data));
    expect(first.data.includes('Jane')).toBe(false);
    expect(Object.keys(first.metadata).sort()).toEqual(['encoding', 'encryption-key-id']);
    expect(await codec.decode(sealed)).toEqual([payload, payload]);
  });

  it('refuses changed bytes and other keys, and leaves the payloads of others alone', async () => {
    const codec = new EncryptingPayloadCodec(newKey());
    const [sealed = payload] = await codec.encode([payload]);
    const changed = Buffer.from(sealed.data);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(() => codec.decode([{ ...sealed, data: changed }])).toThrow();
    expect(() => new EncryptingPayloadCodec(newKey()).decode([sealed])).toThrow('has no key');
    expect(await codec.decode([payload])).toEqual([payload]);
  });

  it('decrypts with an earlier key, and takes keys of 32 bytes alone', async () => {
    const [older, newer] = [newKey(), newKey()];
    const sealed = await new EncryptingPayloadCodec(older).encode([payload]);
    expect(await new EncryptingPayloadCodec(`${newer}, ${older}`).decode(sealed)).toEqual([payload]);
    expect(() => new EncryptingPayloadCodec('c2hvcnQ=')).toThrow('32 bytes');
  });
});

interface RecordedPayload {
  readonly data: string;
}

interface RecordedEvent {
  readonly eventId: string;
  readonly eventTime: string;
  readonly workflowTaskCompletedEventAttributes?: { startedEventId: string };
  readonly workflowExecutionStartedEventAttributes?: { workflowType: { name: string } };
  readonly activityTaskScheduledEventAttributes?: {
    activityId: string;
    activityType: { name: string };
    input: { payloads: RecordedPayload[] };
  };
  readonly activityTaskCompletedEventAttributes?: {
    scheduledEventId: string;
    result: { payloads: RecordedPayload[] };
  };
  readonly timerStartedEventAttributes?: { startToFireTimeout: string };
  readonly timerFiredEventAttributes?: { startedEventId: string };
  readonly workflowExecutionSignaledEventAttributes?: { signalName: string };
  readonly workflowExecutionCancelRequestedEventAttributes?: object;
  readonly workflowExecutionCompletedEventAttributes?: { result: { payloads: RecordedPayload[] } };
  readonly workflowExecutionFailedEventAttributes?: {
    failure: { applicationFailureInfo: { details: { payloads: RecordedPayload[] } } };
  };
}

/** Answers a body from a recorded history, and compares what it asks for with what is recorded. */
class RecordedOperations implements TemporalOperations {
  primitives: TemporalPrimitives | undefined;
  private readonly scheduled: RecordedEvent[];
  private readonly timers: RecordedEvent[];
  /** Workflow tasks by the event that began them: a body runs in one, and all events before it are known to it. */
  private readonly tasks: RecordedEvent[];
  private passed = 0;
  private time = 0;

  constructor(private readonly events: readonly RecordedEvent[]) {
    this.scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
    this.timers = events.filter((event) => event.timerStartedEventAttributes);
    const begun = events.map(({ workflowTaskCompletedEventAttributes: its }) => its?.startedEventId);
    this.tasks = events.filter(({ eventId }) => begun.includes(eventId));
    this.goOn(0);
  }

  perform(request: StepRequest | { step: string; key: string }): Promise<StepOutcome> {
    return Promise.resolve(this.nextActivity(request.step, request) as StepOutcome);
  }

  /** Compares the next activity, and returns its result. */
  nextActivity(name: string, argument: object): unknown {
    const scheduled = this.scheduled.shift();
    const { activityType, input } = scheduled?.activityTaskScheduledEventAttributes ?? {};
    expect(activityType?.name).toBe(name);
    expect(valueOf(input?.payloads)).toMatchObject(JSON.parse(JSON.stringify(argument)) as object);
    const completed = this.events.find(
      ({ activityTaskCompletedEventAttributes: its }) => its && its.scheduledEventId === scheduled?.eventId,
    );
    this.goOn(Number(completed?.eventId));
    return valueOf(completed?.activityTaskCompletedEventAttributes?.result.payloads);
  }

  condition(holds: () => boolean, timeoutMs?: number): Promise<boolean> {
    const timer = timeoutMs === undefined ? undefined : this.timers.shift();
    if (timeoutMs !== undefined) {
      const { startToFireTimeout = '' } = timer?.timerStartedEventAttributes ?? {};
      expect(Number.parseFloat(startToFireTimeout)).toBeCloseTo(timeoutMs / 1_000, 3);
    }
    const fired = this.events.find(
      ({ timerFiredEventAttributes: its }) => its && its.startedEventId === timer?.eventId,
    );
    this.goOn(Number(fired?.eventId ?? Infinity), holds);
    return Promise.resolve(holds());
  }

  expectEnd(): void {
    expect([this.scheduled, this.timers]).toEqual([[], []]);
  }

  now() {
    return this.time;
  }

  uuid() {
    return '';
  }

  patched() {
    return false;
  }

  /** Delivers messages up to an event, or to the first that is enough, and those that the next workflow task learned with it. */
  private goOn(eventId: number, isEnough = () => false): void {
    this.deliver((id) => id <= eventId && !isEnough());
    const task = this.tasks.find((event) => Number(event.eventId) > this.passed);
    if (!task) return;
    this.deliver((id) => id <= Number(task.eventId));
    this.time = Date.parse(task.eventTime);
  }

  private deliver(isKnown: (eventId: number) => boolean): void {
    for (const event of this.events) {
      const id = Number(event.eventId);
      if (id <= this.passed) continue;
      if (!isKnown(id)) break;
      this.passed = id;
      const name = event.workflowExecutionSignaledEventAttributes?.signalName;
      if (name !== undefined) this.primitives?.deliver({ name });
      if (event.workflowExecutionCancelRequestedEventAttributes) this.primitives?.deliver({ name: CANCEL });
    }
  }
}

function valueOf(payloads: readonly RecordedPayload[] | undefined): unknown {
  return JSON.parse(Buffer.from(payloads?.[0]?.data ?? '', 'base64').toString());
}

describe('the recorded histories of Temporal', () => {
  const recorded = readdirSync(HISTORIES).map((file) => ({
    runId: file.replace(/\.json$/, ''),
    events: (JSON.parse(readFileSync(`${HISTORIES}/${file}`, 'utf8')) as { events: RecordedEvent[] }).events,
  }));

  const workflowOf = ([started]: readonly RecordedEvent[]) =>
    started?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '';
  const endOf = (events: readonly RecordedEvent[]) => {
    const last = events.at(-1);
    return valueOf(
      (
        last?.workflowExecutionCompletedEventAttributes?.result ??
        last?.workflowExecutionFailedEventAttributes?.failure.applicationFailureInfo.details
      )?.payloads,
    ) as Outcome;
  };

  it.each(Object.keys(BODIES))('have runs of %s that completed, failed and were cancelled', (name) => {
    const states = recorded
      .filter(({ events }) => workflowOf(events) === name)
      .map(({ events }) => endOf(events).state);
    expect([...new Set(states)].sort()).toEqual(['CANCELLED', 'COMPLETED', 'FAILED']);
  });

  it('contain made-up people, no license key and no path', () => {
    const text = recorded
      .flatMap(({ events }) => JSON.stringify(events).match(/(?<="data":")[^"]+/g) ?? [])
      .map((data) => Buffer.from(data, 'base64').toString())
      .join('\n');
    const addresses = text.match(/[\w.-]+@[\w.-]+/g) ?? [];
    expect(addresses.length).toBeGreaterThan(recorded.length / 2);
    expect(addresses.filter((address) => !address.endsWith('.example'))).toEqual([]);
    expect(text.match(/\b[0-9A-F]{4}(?:-[0-9A-F]{4}){4}\b/g)).toBeNull();
    // Programs have paths of the machine that recorded them.
    expect(text.match(/\/node_modules\/|file:/g)).toBeNull();
  });

  it.each(recorded)('$runId: the body asks for the same steps and timers, and ends as it did', async (one) => {
    const { runId, events } = one;
    const operations = new RecordedOperations(events);
    const workflow = workflowOf(events);
    const primitives = new TemporalPrimitives(runId, operations);
    operations.primitives = primitives;
    const checked = operations.nextActivity('checkInput', { workflow, runId }) as { input?: unknown };
    const body = BODIES[workflow];
    if (!body || checked.input === undefined) expect(checked).toMatchObject({ refused: { code: 'VALIDATION_FAILED' } });
    else expect(await runBody(body, checked.input, primitives)).toEqual(endOf(events));
    operations.expectEnd();
  });
});
