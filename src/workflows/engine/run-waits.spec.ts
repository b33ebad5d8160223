import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RunWaits, type RunWait } from './run-waits.js';

describe('the waits of runs', () => {
  const asked: string[][] = [];
  const ended: string[] = [];
  const failures: unknown[] = [];
  let ready: (ids: string[]) => Promise<string[]>;
  let waits: RunWaits;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    for (const list of [asked, ended, failures]) list.length = 0;
    ready = () => Promise.resolve([]);
    waits = new RunWaits(
      (some: readonly RunWait[]) => {
        const ids = some.map(({ workflowId }) => workflowId);
        asked.push(ids);
        return ready(ids);
      },
      (error) => failures.push(error),
    );
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const wait = (id: string, deadline?: number) => void waits.until(id, 0, deadline).then(() => ended.push(id));

  it('end at their deadlines, in whatever order they began', async () => {
    wait('second', 2_000);
    wait('first', 1_000);
    wait('distant', 2 ** 32);
    wait('never');
    await jest.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_001);
    expect(ended).toEqual(['first', 'second']);
  });

  it('ask together while another question is on its way, and not for those that have ended meanwhile', async () => {
    let answer: (ids: string[]) => void = () => undefined;
    ready = () => new Promise((resolve) => (answer = resolve));
    for (const id of ['a', 'b', 'c', 'd']) wait(id);
    expect(asked).toEqual([['a']]);
    waits.end('c');
    answer(['a']);
    await jest.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([['a'], ['b', 'd']]);
    expect(ended.sort()).toEqual(['a', 'c']);
  });

  it('are asked for again after a failure, and where nobody tells that the run is open no more', async () => {
    ready = () => Promise.reject(new Error('gone'));
    wait('a');
    await jest.advanceTimersByTimeAsync(0);
    expect(failures).toEqual([new Error('gone')]);
    ready = (ids) => Promise.resolve(ids);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(ended).toEqual(['a']);
  });

  it('end when another execution of the run begins to wait', async () => {
    wait('a');
    wait('a');
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toEqual(['a']);
  });
});
