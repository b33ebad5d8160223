import { expect, it } from '@jest/globals';
import { ServerProcess } from '../support/server.js';

it('the built server starts on the Node.js that runs this, issues, activates and validates a license, and ends in order', async () => {
  const server = await ServerProcess.create();
  try {
    await server.start();
    const order = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
    const issued = await server.fetch('/licenses', { method: 'POST', body: order });
    expect(issued.status).toBe(201);
    const { license_key } = (await issued.json()) as { license_key: string };
    const program = { license_key, fingerprint: 'device' };
    expect((await server.fetch('/client/activate', { method: 'POST', body: program })).status).toBe(200);
    const validated = await server.fetch('/client/validate', { method: 'POST', body: program });
    expect(await validated.json()).toMatchObject({
      license: { status: 'ACTIVE' },
      activation: { status: 'ACTIVE' },
    });
    expect(await server.kill('SIGTERM')).toBe(0);
  } finally {
    await server.cleanUp();
  }
});
