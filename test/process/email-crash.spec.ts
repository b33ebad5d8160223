import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Wire } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { TestRelay } from '../support/relay.js';
import { ServerProcess } from '../support/server.js';

describe('a server that is killed while it sends e-mail', () => {
  let relay: TestRelay;
  let server: ServerProcess;

  beforeEach(async () => {
    relay = await TestRelay.start();
    server = await ServerProcess.create({
      SMTP_URL: relay.url,
      EMAIL_FROM: 'licenses@vendor.example',
      EMAIL_INTERVAL_MS: '100',
      EMAIL_RETRY_MS: '100',
      EMAIL_ATTEMPT_TIMEOUT_MS: '1000',
      SAMPLE_DATA: 'true',
    });
    await server.start();
  });

  afterEach(async () => {
    await server.cleanUp();
    await relay.stop();
  });

  const json = async (path: string, body?: unknown): Promise<Wire> => {
    const response = await server.fetch(path, body === undefined ? {} : { method: 'POST', body });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };

  it('sends a message again whose answer it did not record, with the same Message-ID, and records each time that the license key went out', async () => {
    await json('/customers', { customer_id: 'jane', email: 'jane@example.com' });
    const { license_id } = await json('/licenses', { license_template_id: 'team-yearly', customer_id: 'jane' });
    // The relay has the message when the server dies, and the server has no answer.
    let killed = false;
    relay.onMessage = async () => {
      if (killed) return;
      killed = true;
      await server.kill('SIGKILL');
    };
    // The answer to the request may be lost as well.
    await json('/email-messages', { template: 'license_issued', license_id }).catch(() => undefined);
    await eventually(() => expect(killed).toBe(true));
    await server.start();
    const message = await eventually(async () => {
      const [listed] = (await json(`/email-messages?license_id=${license_id}`)).data;
      expect(listed.status).toBe('SENT');
      return json(`/email-messages/${listed.email_message_id}`);
    });
    expect(message.attempts).toMatchObject([{ outcome: 'UNKNOWN', response: null }, { outcome: 'SENT' }]);
    expect(relay.received.map(({ messageId }) => messageId)).toEqual([message.message_id, message.message_id]);
    await eventually(async () => {
      const events = (await json(`/license-events?license_id=${license_id}`)).data as Wire[];
      const types = events.map(({ event_type }) => event_type as string);
      expect(types.filter((type) => type === 'license.key_revealed')).toHaveLength(2);
      expect(types.filter((type) => type === 'email_message.sent')).toHaveLength(1);
    });
  });
});
