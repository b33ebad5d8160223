import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../database/database.errors.js';
import { EventRecorder } from './event-recorder.js';
import type { EventLog } from './event-log.js';

/** Fake log: records its calls, has more to move `left` times per tenant, and rejects the tenant "bad". */
class Log {
  readonly moves: (readonly string[])[] = [];

  constructor(
    private readonly left = new Map<string, number>(),
    private readonly failure: Error = new Error('refused'),
  ) {}

  move(tenantIds: readonly string[]): Promise<boolean> {
    this.moves.push(tenantIds);
    if (tenantIds.includes('bad')) return Promise.reject(this.failure);
    const full = tenantIds.filter((id) => (this.left.get(id) ?? 0) > 0);
    for (const id of full) this.left.set(id, (this.left.get(id) ?? 0) - 1);
    return Promise.resolve(full.length > 0);
  }
}

const recorderOf = (log: Log) => new EventRecorder(log as unknown as EventLog);

describe('the recorder of events', () => {
  it('moves the events of however many tenants, of at most 100 in one transaction, once for all who ask', async () => {
    const log = new Log();
    const recorder = recorderOf(log);
    const tenants = Array.from({ length: 250 }, (_, at) => `t${at}`);
    await Promise.all([...tenants, ...tenants].map((tenantId) => recorder.record(tenantId)));
    expect(log.moves.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(log.moves.flat()).toEqual(tenants);
  });

  it('settles when nothing is left to move, and lets others go first meanwhile', async () => {
    const log = new Log(new Map([['huge', 3]]));
    const recorder = recorderOf(log);
    const huge = recorder.record('huge');
    let isMoved = false;
    void huge.then(() => (isMoved = true));
    await recorder.record('huge').then(() => expect(isMoved).toBe(true));
    expect(log.moves).toEqual([['huge'], ['huge'], ['huge'], ['huge']]);
    const other = new Log(new Map([['huge', 1]]));
    const between = recorderOf(other);
    const moved = between.record('huge');
    const small = between.record('small');
    await Promise.all([moved, small]);
    expect(other.moves).toEqual([
      ['huge', 'small'],
      ['huge', 'small'],
    ]);
  });

  it('moves what is asked for at whatever moment', async () => {
    const log = new Log();
    const recorder = recorderOf(log);
    for (let n = 0; n < 20; n++) {
      await recorder.record('a');
      for (let turns = 0; turns < n % 5; turns++) await Promise.resolve();
    }
    expect(log.moves).toHaveLength(20);
  });

  it('keeps nobody’s events back for another’s that are refused', async () => {
    const log = new Log();
    const recorder = recorderOf(log);
    const moved = ['good', 'bad', 'fine'].map((tenantId) => recorder.record(tenantId));
    const outcomes = await Promise.allSettled(moved);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log.moves.slice(1)).toEqual([['good'], ['bad'], ['fine']]);
  });

  it.each([new DatabaseUnavailableError('lost'), new OutcomeUnknownError('lost')])(
    'tries no tenant by itself while there is no database: %p',
    async (failure) => {
      const log = new Log(new Map(), failure);
      const recorder = recorderOf(log);
      const outcomes = await Promise.allSettled(['good', 'bad', 'fine'].map((tenantId) => recorder.record(tenantId)));
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(log.moves).toHaveLength(1);
    },
  );

  it('ends when everything is moved that was asked for', async () => {
    const log = new Log(new Map([['huge', 2]]));
    const recorder = recorderOf(log);
    let isMoved = false;
    void recorder.record('huge').then(() => (isMoved = true));
    await recorder.beforeApplicationShutdown();
    expect(isMoved).toBe(true);
  });
});
