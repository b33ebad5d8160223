import { expect, it } from '@jest/globals';
import type { Wire } from '../support/api.js';
import { ServerProcess } from '../support/server.js';

const ORDER = { license_template_id: 'professional-isp', customer_id: 'customer-001' };

it('the log of a server holds no key, whatever is asked and however it fails', async () => {
  const server = await ServerProcess.create({ LOG_LEVEL: 'debug' });
  await server.start();
  const secrets = [await server.key()];
  const issued = (await (await server.fetch('/licenses', { method: 'POST', body: ORDER })).json()) as Wire;
  const reveal = await server.fetch(`/licenses/${issued.license_id}/reveal-key`, { method: 'POST', body: {} });
  const body = { name: 'x', role: 'admin' };
  const made = (await (await server.fetch('/api-keys', { method: 'POST', body })).json()) as Wire;
  secrets.push(issued.license_key as string, made.api_key as string);
  expect(reveal.status).toBe(200);
  // Keys where none belong: in the path, the query, the body, as another's credential.
  for (const secret of secrets) {
    await server.fetch(`/licenses/${secret}`);
    await server.fetch(`/licenses?q=${secret}&cursor=${secret}`);
    await server.fetch('/licenses', { method: 'POST', body: { license_template_id: secret, customer_id: secret } });
    await server.fetch('/products', { key: `${secret}x` });
  }
  process.kill((await server.postmaster()).pid, 'SIGKILL');
  await server.end();
  for (const secret of secrets) expect(server.output).not.toContain(secret);
  expect(server.output.split('\n').length).toBeGreaterThan(10);
  await server.cleanUp();
}, 60_000);
