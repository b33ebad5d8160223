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
    jest.restoreAllMocks();
  });

  const lines = () =>
    written
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('writes each message at once, as an object in a line', () => {
    const logger = new JsonLogger('log');
    logger.log({ request_id: 'a', tenant_id: undefined }, 'Request');
    logger.warn('second', 'Server');
    logger.error(new Error('third'), 'Server');
    const common = { pid: process.pid, timestamp: expect.any(Number) };
    expect(lines()).toMatchObject([
      { ...common, level: 'log', message: { request_id: 'a' }, context: 'Request' },
      { ...common, level: 'warn', message: 'second', context: 'Server' },
      { ...common, level: 'error', message: 'third' },
    ]);
  });

  it('leaves out what is below its level', () => {
    const logger = new JsonLogger('warn');
    logger.log('no', 'Server');
    logger.debug('no', 'Server');
    expect(written).toEqual([]);
    logger.warn('yes', 'Server');
    expect(lines()).toMatchObject([{ message: 'yes' }]);
  });
});
