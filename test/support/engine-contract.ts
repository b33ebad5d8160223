import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Body, Engine } from '../../src/workflows/definitions/contract.js';
import {
  CANCEL,
  FINISH_RUN,
  MARK_RUN,
  RETRY,
  type Outcome,
  type StepRequest,
} from '../../src/workflows/definitions/run-body.js';
import { FakeEngine, NEVER, type Attempt, type FakeWorld, type Fate } from './fake-engine.js';

/** Bodies have steps of their own here: the result of each is the number of effects before it. */
type AnySteps = Record<string, (argument?: unknown) => Promise<number>>;
type ContractEngine = Omit<Engine, 'steps'> & { readonly steps: AnySteps };
type ContractBody = (w: ContractEngine, input: { readonly ms: number }) => Promise<object>;

/** Bodies stand for themselves, since an engine in a thread gets their text. */
const bodies = {
  repeats: async (w) => ({ results: [await w.steps.one!(), await w.steps.one!(), await w.steps.two!()] }),
  undoes: async (w) => {
    await w.steps.one!();
    w.undo(() => w.steps.undoOne!());
    await w.steps.two!();
    w.undo(() => w.steps.undoTwo!());
    return { result: await w.steps.three!() };
  },
  remembers: async (w) => {
    const told = { id: await w.uuid(), now: await w.now(), isNew: await w.patched('a-change') };
    await w.steps.one!(told);
    await w.steps.two!(told);
    return told;
  },
  waits: async (w, { ms }) => {
    await w.steps.one!();
    w.undo(() => w.steps.undoOne!());
    const [first, second] = [await w.waitFor('first', ms), await w.waitFor('second', ms)];
    return { first, second, result: await w.steps.two!() };
  },
  sleeps: async (w, { ms }) => {
    const begun = await w.now();
    await w.sleep(ms);
    return { hasPassed: (await w.now()) - begun >= ms };
  },
} satisfies Record<string, ContractBody>;

export const CONTRACT_BODIES = bodies as unknown as Readonly<Record<string, Body<never>>>;

const LONG_MS = 600_000;
const SHORT_MS = 50;

/** A run of one of the bodies. Its attempts at steps have the fates in turn, those of the runner's steps included. */
export interface Scenario {
  readonly title: string;
  readonly body: keyof typeof bodies;
  readonly ms: number;
  readonly fates: readonly Fate[];
  /** Messages that are sent before the run begins to wait. */
  readonly early: readonly string[];
  /** Messages that are sent when the run says for the first time that it waits. */
  readonly messages: readonly string[];
  /** Number of the attempt with which the run is cancelled. */
  readonly cancelAt: number;
  readonly starts: number;
  readonly expected: Expected;
}

interface Expected {
  readonly outcome: object;
  /** Keys of the steps that took effect, each once, in their order. */
  readonly effects: readonly string[];
  /** Keys of the attempts, where there are more of them than effects. */
  readonly attempts?: readonly string[];
  readonly also?: (attempts: readonly Attempt[], outcome: Outcome) => void;
}

export function isOfRunner(step: string): boolean {
  return step === MARK_RUN || step === FINISH_RUN;
}

/** Effects of the steps of a run, each once for its key. */
export class Effects implements FakeWorld {
  readonly keys: string[] = [];
  private readonly results = new Map<string, number>();

  has({ key }: StepRequest): boolean {
    return this.results.has(key);
  }

  perform({ step, key }: StepRequest): unknown {
    if (isOfRunner(step)) return {};
    if (!this.results.has(key)) this.results.set(key, this.keys.push(key) - 1);
    return this.results.get(key);
  }
}

/** Outcome of a scenario. Steps of the runner are in neither list. */
export interface Played {
  readonly outcome: Outcome;
  readonly effects: readonly string[];
  readonly attempts: readonly Attempt[];
}

/** Plays each scenario once. Scenarios with a kill may be killed together. */
export interface EngineUnderTest {
  play(scenarios: readonly Scenario[]): Map<Scenario, Promise<Played>>;
  end(): Promise<void>;
}

const scenario = (
  title: string,
  body: Scenario['body'],
  expected: Expected,
  more: Partial<Scenario> = {},
): Scenario => ({
  ...{ title, body, expected, ms: LONG_MS, fates: [], early: [], messages: [], cancelAt: NEVER, starts: 1 },
  ...more,
});

const COMPLETED = { state: 'COMPLETED' };
const UNDONE = { error: { code: 'NO', step: 'three' }, undone: ['undoTwo', 'undoOne'], not_undone: [] };
const ALL_UNDONE = ['one', 'two', 'undoTwo', 'undoOne'];
const CANCELLED = { state: 'CANCELLED', error: { code: 'CANCELLED' } };

const SCENARIOS = [
  scenario('performs each step once, numbers the keys of one that is repeated, and returns the result', 'repeats', {
    outcome: { ...COMPLETED, result: { results: [0, 1, 2] } },
    effects: ['one', 'one.1', 'two'],
  }),
  scenario(
    'starts a run once that is started twice with its id',
    'repeats',
    { outcome: COMPLETED, effects: ['one', 'one.1', 'two'] },
    { starts: 2 },
  ),
  scenario(
    'repeats a step that failed, with the same key, after pauses that grow',
    'repeats',
    {
      outcome: COMPLETED,
      effects: ['one', 'one.1', 'two'],
      attempts: ['one', 'one', 'one', 'one.1', 'two'],
      also: ([first, second, third]) => {
        const pauses = [second!.at - first!.at, third!.at - second!.at];
        expect(pauses[0]).toBeGreaterThanOrEqual(990);
        expect(pauses[1]).toBeGreaterThanOrEqual(1_990);
      },
    },
    { fates: ['failed', 'failed'] },
  ),
  scenario(
    'keeps a run whose step fails at every attempt, with nothing undone, and repeats the step with the same key when it is told to',
    'undoes',
    { outcome: COMPLETED, effects: ['one', 'two', 'three'] },
    { fates: ['done', 'exhausted after'], messages: [RETRY] },
  ),
  scenario(
    'undoes what took effect, last first, when a step is refused',
    'undoes',
    {
      outcome: { state: 'FAILED', ...UNDONE },
      effects: ALL_UNDONE,
      attempts: ['one', 'two', 'three', 'undoTwo', 'undoOne'],
    },
    { fates: ['done', 'done', 'refused'] },
  ),
  scenario(
    'goes on to undo when that is refused in part, and says so',
    'undoes',
    {
      outcome: { state: 'FAILED', undone: ['undoOne'], not_undone: [{ step: 'undoTwo', code: 'NO' }] },
      effects: ['one', 'two', 'undoOne'],
      attempts: ['one', 'two', 'three', 'undoTwo', 'undoOne'],
    },
    { fates: ['done', 'done', 'refused', 'refused'] },
  ),
  scenario(
    'keeps signals that come before the run waits for them',
    'waits',
    { outcome: { ...COMPLETED, result: { first: {}, second: {} } }, effects: ['one', 'two'] },
    { early: ['second', 'first'] },
  ),
  scenario(
    'wakes a run at a signal that it waits for, and keeps others',
    'waits',
    { outcome: { ...COMPLETED, result: { first: {}, second: {} } }, effects: ['one', 'two'] },
    { messages: ['second', 'first'] },
  ),
  scenario(
    'ends a wait for a signal when its time has passed',
    'waits',
    { outcome: { ...COMPLETED, result: { first: null, second: null } }, effects: ['one', 'two'] },
    { ms: SHORT_MS },
  ),
  scenario(
    'sleeps until the time has passed',
    'sleeps',
    { outcome: { ...COMPLETED, result: { hasPassed: true } }, effects: [] },
    { ms: SHORT_MS },
  ),
  scenario(
    'sleeps no longer than until a cancellation',
    'sleeps',
    { outcome: CANCELLED, effects: [] },
    { messages: [CANCEL] },
  ),
  scenario(
    'undoes a run that is cancelled in its wait',
    'waits',
    { outcome: { ...CANCELLED, undone: ['undoOne'] }, effects: ['one', 'undoOne'] },
    { messages: [CANCEL] },
  ),
  scenario(
    'undoes a run that is cancelled in a step, after that step',
    'undoes',
    { outcome: { ...CANCELLED, undone: ['undoTwo', 'undoOne'] }, effects: ALL_UNDONE },
    { cancelAt: 1 },
  ),
  scenario(
    'completes a run that is cancelled in its last step',
    'undoes',
    { outcome: COMPLETED, effects: ['one', 'two', 'three'] },
    { cancelAt: 2 },
  ),
  scenario(
    'ends the pause before the next attempt when the run is cancelled',
    'undoes',
    {
      outcome: { ...CANCELLED, undone: ['undoOne'] },
      effects: ['one', 'undoOne'],
      attempts: ['one', 'one', 'one', 'undoOne'],
      also: ([, second, third]) => expect(third!.at - second!.at).toBeLessThan(2_000),
    },
    { fates: ['failed', 'failed'], cancelAt: 1 },
  ),
  scenario(
    'performs a step again whose effect was not recorded when the process died, and no other; ids, times and changes stay',
    'remembers',
    {
      outcome: { ...COMPLETED, result: { id: expect.any(String), now: expect.any(Number), isNew: true } },
      effects: ['one', 'two'],
      attempts: ['one', 'two', 'two'],
      also: (attempts, { ...outcome }) => {
        const { result } = outcome as { result: object };
        expect(attempts.map(({ argument }) => argument)).toEqual([result, result, result]);
      },
    },
    { fates: ['done', 'killed after'] },
  ),
  scenario(
    'performs a step that the process died before',
    'repeats',
    { outcome: COMPLETED, effects: ['one', 'one.1', 'two'], attempts: ['one', 'one.1', 'one.1', 'two'] },
    { fates: ['done', 'killed before'] },
  ),
  scenario(
    'goes on to undo when the process died while it did',
    'undoes',
    {
      outcome: { state: 'FAILED', ...UNDONE },
      effects: ALL_UNDONE,
      attempts: ['one', 'two', 'three', 'undoTwo', 'undoTwo', 'undoOne'],
    },
    { fates: ['done', 'done', 'refused', 'killed after'] },
  ),
  scenario(
    'does not wait again for what the run had received when the process died',
    'waits',
    {
      outcome: { ...COMPLETED, result: { first: {}, second: {} } },
      effects: ['one', 'two'],
      attempts: ['one', 'two', 'two'],
    },
    // The sixth attempt is that at the second step.
    { early: ['first', 'second'], fates: ['done', 'done', 'done', 'done', 'done', 'killed after'] },
  ),
  scenario(
    'goes on with a wait in which the process died, and keeps signals from before',
    'waits',
    { outcome: { ...COMPLETED, result: { first: {}, second: {} } }, effects: ['one', 'two'] },
    // By the fourth attempt the run says that it waits for the second signal.
    { early: ['first'], fates: ['done', 'done', 'done', 'killed after'], messages: ['second'] },
  ),
];

export function isKilled({ fates }: Scenario): boolean {
  return fates.some((fate) => fate.startsWith('killed'));
}

/** The engine of the tests of bodies. */
export const FAKE_ENGINE: EngineUnderTest = {
  play: (scenarios) =>
    new Map(
      scenarios.map((one) => {
        const effects = new Effects();
        const plan = { ...one, messages: [...one.early, ...one.messages] };
        const engine = new FakeEngine(effects, plan, ['a-change']);
        const ended = engine.run(CONTRACT_BODIES[one.body]!, { ms: one.ms });
        return [
          one,
          ended.then((outcome) => ({
            outcome,
            effects: effects.keys,
            attempts: engine.attempted.filter(({ key }) => !isOfRunner(key.split('.')[0]!)),
          })),
        ];
      }),
    ),
  end: () => Promise.resolve(),
};

/** Tests of what an engine owes to the bodies of workflows. */
export function describeEngine(name: string, create: () => Promise<EngineUnderTest>): void {
  describe(name, () => {
    let engine: EngineUnderTest;
    let played: Map<Scenario, Promise<Played>>;

    beforeAll(async () => {
      engine = await create();
      played = engine.play(SCENARIOS);
      // Each failure is one of its test.
      for (const one of played.values()) one.catch(() => undefined);
    });

    afterAll(() => engine.end());

    it.each(SCENARIOS)('$title', async (one) => {
      const { outcome, effects, attempts } = (await played.get(one))!;
      const { expected } = one;
      expect(outcome).toMatchObject(expected.outcome);
      expect(effects).toEqual(expected.effects);
      if (one.fates.length === 0 || expected.attempts)
        expect(attempts.map(({ key }) => key)).toEqual(expected.attempts ?? expected.effects);
      expected.also?.(attempts, outcome);
    });
  });
}
