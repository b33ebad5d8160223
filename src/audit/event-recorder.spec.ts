import { describe, expect, it } from '@jest/globals';
import { EventRecorder } from './event-recorder.js';
import type { EventLog } from './event-log.js';

/** Remembers what was asked of it; refuses what is asked of a tenant called bad. */
class Log {
  readonly moves: ReadonlyMap<string, readonly string[]>[] = [];

  append(eventIds: ReadonlyMap<string, readonly string[]>): Promise<void> {
    this.moves.push(eventIds);
    return eventIds.has('bad') ? Promise.reject(new Error('refused')) : Promise.resolve();
  }
}

const sizeOf = (move: ReadonlyMap<string, readonly string[]>) =>
  [...move.values()].reduce((sum, ids) => sum + ids.length, 0);

describe('the recorder of events', () => {
  it('moves however many there are in transactions of at most 1,000 events and 100 tenants, each once and in order', async () => {
    const log = new Log();
    const recorder = new EventRecorder(log as unknown as EventLog);
    const events = Array.from({ length: 250 }, (_, at) => ({ tenantId: `t${at}`, ids: [`${at}`] }));
    events.push({ tenantId: 'huge', ids: Array.from({ length: 2_500 }, (_, at) => `h${at}`) });
    await Promise.all(events.map(({ tenantId, ids }) => recorder.record(tenantId, ids)));
    for (const move of log.moves) {
      expect(sizeOf(move)).toBeLessThanOrEqual(1_000);
      expect(move.size).toBeLessThanOrEqual(100);
    }
    for (const { tenantId, ids } of events) {
      expect(log.moves.flatMap((move) => move.get(tenantId) ?? [])).toEqual(ids);
    }
  });

  it('keeps nobody’s events back for another’s that are refused', async () => {
    const log = new Log();
    const recorder = new EventRecorder(log as unknown as EventLog);
    const moved = [recorder.record('good', ['a']), recorder.record('bad', ['b']), recorder.record('fine', ['c'])];
    await expect(Promise.all(moved)).rejects.toThrow('refused');
    const alone = log.moves.filter(({ size }) => size === 1).flatMap((move) => [...move.keys()]);
    expect(alone).toEqual(['good', 'bad', 'fine']);
  });
});
