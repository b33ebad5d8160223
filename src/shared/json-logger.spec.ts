import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JsonLogger } from './json-logger.js';

describe('the log', () => {
  let written: string[];

  beforeEach(() => {
    written = [];
    const write = (text: unknown) => written.push(String(text)) > 0;
    jest.spyOn(process.stdout, 'write').mockImplementation(write);
    jest.spyOn(process.stderr, 'write').mockImplementation(write);
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const lines = () =>
    written
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('writes lines that come shortly after one another at once, each as an object', () => {
    jest.useFakeTimers();
    const logger = new JsonLogger('log');
    logger.log({ request_id: 'a', tenant_id: undefined }, 'Request');
    logger.log('ready', 'Server');
    expect(written).toEqual([]);
    jest.runAllTimers();
    expect(written).toHaveLength(1);
    const common = { level: 'log', pid: process.pid, timestamp: expect.any(Number) };
    expect(lines()).toEqual([
      { ...common, message: { request_id: 'a' }, context: 'Request' },
      { ...common, message: 'ready', context: 'Server' },
    ]);
  });

  it('writes what is worse at once, behind what was before it', () => {
    const logger = new JsonLogger('log');
    logger.log('first', 'Server');
    logger.warn('second', 'Server');
    logger.error(new Error('third'), 'Server');
    expect(lines()).toMatchObject([{ message: 'first' }, { message: 'second' }, { level: 'error', message: 'third' }]);
  });

  it('writes what is left when the process ends', () => {
    const before = process.listeners('exit');
    const logger = new JsonLogger('log');
    const [write] = process.listeners('exit').filter((listener) => !before.includes(listener));
    logger.log('last', 'Server');
    write?.(0);
    expect(lines()).toMatchObject([{ message: 'last' }]);
  });

  it('leaves out what is below its level', () => {
    jest.useFakeTimers();
    const logger = new JsonLogger('warn');
    logger.log('no', 'Server');
    logger.debug('no', 'Server');
    jest.runAllTimers();
    expect(written).toEqual([]);
    logger.warn('yes', 'Server');
    expect(lines()).toMatchObject([{ message: 'yes' }]);
  });
});
