import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';
import { describeFailure } from './failure.js';

describe('a configuration that cannot be used', () => {
  it('is told in sentences that say what must be, all faults at once, and without the values', () => {
    const environment = { PORT: 'x', TRUST_PROXY: 'secret', LOG_LEVEL: 'x', MAX_IN_FLIGHT: '1.5', SAMPLE_DATA: 'x' };
    const sentences = [
      'Invalid configuration.',
      'PORT must be a number from 0 to 65535.',
      'SAMPLE_DATA must be true or false.',
      'TRUST_PROXY must be the number of your proxies (1 to 9) or their addresses, such as 10.0.0.0/8,192.0.2.7.',
      'MAX_IN_FLIGHT must be a number from 1 to 1000000.',
      'LOG_LEVEL must be debug, log, warn or error.',
    ];
    expect(() => loadConfig(environment)).toThrow(new Error(sentences.join(' ')));
  });

  it('of a database without a password says where it belongs', () => {
    const error = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string');
    expect(describeFailure(error)).toContain('add it to DATABASE_URL');
  });
});
