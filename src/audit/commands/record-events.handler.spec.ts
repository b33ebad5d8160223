import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../../database/database.errors.js';
import { RecordEventsCommand } from '../../shared/messaging/record-events.command.js';
import type { Metrics } from '../../shared/metrics.js';
import type { Statement } from '../../shared/persistence/tenant-connection.js';
import type { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { RecordEventsHandler } from './record-events.handler.js';

/** Fake database: records which tenants are moved, has more to move `left` times per tenant, and rejects the tenant "bad". */
class Log {
  readonly isOpen = false;
  readonly moves: (readonly string[])[] = [];

  constructor(
    private readonly left = new Map<string, number>(),
    private readonly failure: Error = new Error('refused'),
  ) {}

  executeStandalone({ values }: Statement): Promise<{ chosen: number }[]> {
    const [tenantIds, limit] = values as [string[], number];
    this.moves.push(tenantIds);
    if (tenantIds.includes('bad')) return Promise.reject(this.failure);
    const full = tenantIds.filter((id) => (this.left.get(id) ?? 0) > 0);
    for (const id of full) this.left.set(id, (this.left.get(id) ?? 0) - 1);
    return Promise.resolve([{ chosen: full.length > 0 ? limit : 0 }]);
  }
}

function recorderOf(log: Log) {
  const clock = new Clock({ now: () => new Date() } as never);
  const handler = new RecordEventsHandler(log as unknown as UnitOfWork, clock, {} as Metrics);
  return {
    record: (tenantId: string) => handler.execute(new RecordEventsCommand(tenantId, [])),
    beforeApplicationShutdown: () => handler.beforeApplicationShutdown(),
  };
}

describe('the recorder of events', () => {
  it('moves the events of however many tenants, of at most 100 in one transaction, once for all who ask', async () => {
    const log = new Log();
    const recorder = recorderOf(log);
    const tenants = Array.from({ length: 250 }, (_, at) => `t${at}`);
    await Promise.all([...tenants, ...tenants].map((tenantId) => recorder.record(tenantId)));
    expect(log.moves.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(log.moves.flat().toSorted()).toEqual(tenants.toSorted());
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
    void recorder.record('huge');
    await recorder.beforeApplicationShutdown();
    expect(log.moves).toEqual([['huge'], ['huge'], ['huge']]);
  });
});
