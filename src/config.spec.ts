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

describe('the relay of e-mail', () => {
  const smtpOf = (SMTP_URL: string) => loadConfig({ SMTP_URL, EMAIL_FROM: 'a@example.com' }).smtp;

  it('is reached over TLS, except on loopback', () => {
    expect(smtpOf('smtp://u%40x:p%2F@relay.example')).toEqual({
      host: 'relay.example',
      port: 587,
      secure: false,
      requireTls: true,
      auth: { user: 'u@x', pass: 'p/' },
    });
    expect(smtpOf('smtps://relay.example')).toMatchObject({ port: 465, secure: true });
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '[::1]'])
      expect(smtpOf(`smtp://${host}:2525`)).toMatchObject({ port: 2525, requireTls: false });
    for (const host of ['127.0.0.1.example.com', 'localhost.example', '[::2]', '10.0.0.1'])
      expect(smtpOf(`smtp://${host}`)).toMatchObject({ requireTls: true });
  });

  it('takes no options that could switch TLS off, and needs a sender', () => {
    for (const url of [
      'smtp://h?tls.rejectUnauthorized=false',
      'smtps://h/?secure=false',
      'smtp://h#x',
      'http://h',
      'x',
    ])
      expect(() => smtpOf(url)).toThrow('SMTP_URL must be smtp://');
    expect(() => loadConfig({ SMTP_URL: 'smtp://h' })).toThrow('SMTP_URL needs EMAIL_FROM');
    for (const EMAIL_FROM of ['x', 'A <a@example.com>, b@example.com', 'A\nB <a@example.com>'])
      expect(() => loadConfig({ EMAIL_FROM })).toThrow('EMAIL_FROM must be an e-mail address');
    expect(loadConfig({ EMAIL_FROM: '"Example, Inc." <a@example.com>' }).emailFrom).toEqual({
      name: 'Example, Inc.',
      address: 'a@example.com',
    });
  });
});
