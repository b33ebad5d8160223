import { Logger, type ArgumentsHost } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import type { Clock } from '../time/clock.js';
import { ProblemFilter } from './problem.filter.js';

describe('the filter of problems', () => {
  it.each([
    ['logs no error of a client that has left', true, 0],
    ['logs a stream that broke while the client waits', false, 1],
  ])('%s', (_, destroyed, logged) => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const reply = { raw: { destroyed }, sent: true };
    const http = { getResponse: () => reply, getRequest: () => ({ id: 'r' }) };
    const host = { switchToHttp: () => http } as unknown as ArgumentsHost;
    const error = Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
    new ProblemFilter({ now: () => new Date(0) } as Clock).catch(error, host);
    expect(errors).toHaveBeenCalledTimes(logged);
    errors.mockRestore();
  });
});
