import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Config } from '../../src/config.js';
import { RateCounter } from '../../src/shared/limits/rate-counter.js';
import { Clock } from '../../src/shared/time/clock.js';
import { TestApp } from '../support/app.js';

const MINUTE_MS = 60_000;
/** Counter that keeps few counts in memory. */
class SmallRateCounter extends RateCounter {
  protected override get maxNames(): number {
    return 3;
  }
}
const START = Date.parse('2026-06-01T12:00:30.000Z');

describe('counts that processes share', () => {
  let app: TestApp;
  let now = START;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { RATE_LIMIT_STORE: 'postgres' } });
  });

  afterAll(() => app.stop());

  /** Counter of a process; `onAnswer` sees each statement when the database has answered it. */
  const counterOf = (onAnswer: (text: string) => void = () => undefined, type = RateCounter) => {
    const dataSource = app.nest.get(DataSource);
    const watched = {
      query: async (text: string, values: unknown[]) => {
        const rows: unknown = await dataSource.query(text, values);
        onAnswer(text);
        return rows;
      },
    } as unknown as DataSource;
    return new type({ now: () => new Date(now) } as Clock, watched, app.nest.get(Config));
  };
  const count = async (counter: RateCounter, name: string, times: number) => {
    let used = 0;
    for (let n = 0; n < times; n++) ({ used } = await counter.count(name));
    return used;
  };

  it('are added once, also when the answer of the database is lost', async () => {
    let lost = 1;
    const counter = counterOf((text) => {
      if (text.includes('INSERT') && lost-- > 0) throw new Error('Connection terminated unexpectedly');
    });
    expect(await count(counter, 'answer', 5)).toBe(5);
    await expect(counter.syncCounts()).rejects.toThrow('terminated');
    expect(await count(counter, 'answer', 2)).toBe(7);
    await counter.syncCounts();
    expect(await count(counter, 'answer', 1)).toBe(8);
    expect(await count(counterOf(), 'answer', 1)).toBe(8);
  });

  it('reach the database also where more names are counted between two exchanges than memory holds', async () => {
    const counter = counterOf(undefined, SmallRateCounter);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) expect(await count(counter, name, 2)).toBe(2);
    // The first have left the memory, and nothing of them is in the database yet.
    await counter.syncCounts();
    for (const name of names) expect(await count(counterOf(), name, 1)).toBe(3);
    for (const name of names) expect(await count(counter, name, 1)).toBe(3);
  });

  it('contain a request during which the minute ended', async () => {
    let ends = true;
    const counter = counterOf((text) => {
      if (ends && text.startsWith('SELECT')) now += MINUTE_MS;
      ends = false;
    });
    expect(await count(counter, 'turn', 1)).toBe(1);
    expect(await count(counter, 'turn', 1)).toBe(2);
  });
});
