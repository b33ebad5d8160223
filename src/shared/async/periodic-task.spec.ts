import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PeriodicTask } from './periodic-task.js';

describe('a periodic task', () => {
  let task: PeriodicTask;
  let done: string[];
  let end: () => void;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  const quick = (name: string) => () => {
    done.push(name);
    return Promise.resolve();
  };
  /** Takes until `end` is called. */
  const slow = (name: string) => async () => {
    done.push(`${name} begins`);
    await new Promise<void>((ended) => (end = ended));
    done.push(`${name} ends`);
  };

  beforeEach(() => {
    jest.useFakeTimers();
    warn.mockClear();
    task = new PeriodicTask('Owner', 'It could not be done');
    done = [];
  });

  afterEach(async () => {
    await task.stop();
    jest.useRealTimers();
  });

  it('is done at every interval, and not before the first has passed', async () => {
    task.every(100, quick('run'));
    await jest.advanceTimersByTimeAsync(99);
    expect(done).toEqual([]);
    await jest.advanceTimersByTimeAsync(201);
    expect(done).toEqual(['run', 'run', 'run']);
  });

  it('is done soon, but not while the bootstrap goes on', async () => {
    task.runSoon(quick('run'));
    expect(done).toEqual([]);
    await jest.advanceTimersByTimeAsync(0);
    expect(done).toEqual(['run']);
  });

  it('is done by one run at a time, and leaves out what is due meanwhile', async () => {
    task.every(100, slow('run'));
    await jest.advanceTimersByTimeAsync(350);
    expect(done).toEqual(['run begins']);
    end();
    await jest.advanceTimersByTimeAsync(50);
    expect(done).toEqual(['run begins', 'run ends', 'run begins']);
    end();
  });

  it('is warned of when it fails, and done again', async () => {
    let runs = 0;
    task.every(100, () => (++runs < 3 ? Promise.reject(new Error(`run ${runs}`)) : Promise.resolve()));
    await jest.advanceTimersByTimeAsync(400);
    expect(runs).toBe(4);
    expect(warn.mock.calls).toEqual([['It could not be done: Error: run 1'], ['It could not be done: Error: run 2']]);
  });

  it('is done a last time once the run under way has ended, and no more', async () => {
    task.every(100, slow('run'));
    await jest.advanceTimersByTimeAsync(100);
    expect(task.stopped).toBe(false);
    const stopping = task.stop(quick('last'));
    expect(task.stopped).toBe(true);
    await jest.advanceTimersByTimeAsync(300);
    expect(done).toEqual(['run begins']);
    end();
    await stopping;
    expect(done).toEqual(['run begins', 'run ends', 'last']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not begin when it was stopped before', async () => {
    task.runSoon(quick('run'));
    await task.stop();
    await jest.advanceTimersByTimeAsync(0);
    expect(done).toEqual([]);
  });

  it('stops in order when the last run fails', async () => {
    await task.stop(() => Promise.reject(new Error('lost')));
    expect(warn.mock.calls).toEqual([['It could not be done: Error: lost']]);
  });

  it('keeps no process alive', () => {
    jest.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const before = timers();
    task.every(60_000, quick('run'));
    expect(timers()).toBe(before);
  });
});
