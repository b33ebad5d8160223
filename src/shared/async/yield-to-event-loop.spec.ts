import { describe, expect, it } from '@jest/globals';
import { yieldToEventLoop } from './yield-to-event-loop.js';

describe('work that takes a turn of the event loop', () => {
  it('shares it with no other, and lets in what came meanwhile', async () => {
    const done: string[] = [];
    const work = ['first', 'second', 'third'].map(async (name) => {
      await yieldToEventLoop();
      done.push(name);
      setImmediate(() => done.push(`after ${name}`));
    });
    await Promise.all(work);
    expect(done).toEqual(['first', 'after first', 'second', 'after second', 'third']);
  });
});
