import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Wire } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { TestRelay, type RelayTls } from '../support/relay.js';
import { ServerProcess } from '../support/server.js';

/** Name of loopback that is not taken for it, as a relay elsewhere is not. */
const ELSEWHERE = '127.1';

describe('a relay that is not on loopback', () => {
  let folder: string;
  let tls: RelayTls;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'imprimatur-relay-'));
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=relay', '-addext', `subjectAltName=DNS:${ELSEWHERE}`];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'ignore' });
    tls = { key: readFileSync(join(folder, 'key.pem'), 'utf8'), cert: readFileSync(join(folder, 'cert.pem'), 'utf8') };
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['smtp', 'STARTTLS and a certificate that is trusted', true, true, 'SENT'],
    ['smtps', 'TLS and a certificate that is trusted', true, true, 'SENT'],
    ['smtp', 'STARTTLS and a certificate of nobody', true, false, 'UNREACHABLE'],
    ['smtps', 'TLS and a certificate of nobody', true, false, 'UNREACHABLE'],
    ['smtp', 'no TLS', false, false, 'UNREACHABLE'],
  ])('by %s, with %s', async (protocol, _, encrypts, isTrusted, outcome) => {
    const relay = await TestRelay.start(0, encrypts ? { ...tls, secure: protocol === 'smtps' } : undefined);
    const server = await ServerProcess.create({
      SMTP_URL: `${protocol}://${ELSEWHERE}:${relay.port}`,
      EMAIL_FROM: 'licenses@vendor.example',
      EMAIL_INTERVAL_MS: '100',
      WORKFLOWS: 'off',
      ...(isTrusted && { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') }),
    });
    try {
      await server.start();
      const json = async (path: string, body?: unknown): Promise<Wire> =>
        (await server.fetch(path, body === undefined ? {} : { method: 'POST', body })).json();
      const message = { template: 'order_confirmation', order_id: 'o-1', to: 'jane@example.com' };
      const { email_message_id } = await json('/email-messages', message);
      await eventually(async () => {
        const { attempts } = await json(`/email-messages/${email_message_id}`);
        expect(attempts[0]).toMatchObject({ outcome });
      });
      expect(relay.received.map(({ encrypted }) => encrypted)).toEqual(outcome === 'SENT' ? [true] : []);
    } finally {
      await server.cleanUp();
      await relay.stop();
    }
  });
});

describe('a server that is killed while it sends e-mail', () => {
  let relay: TestRelay;
  let server: ServerProcess;

  beforeEach(async () => {
    relay = await TestRelay.start();
    server = await ServerProcess.create({
      SMTP_URL: relay.url,
      EMAIL_FROM: 'licenses@vendor.example',
      EMAIL_INTERVAL_MS: '100',
      WORKFLOWS: 'off',
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
