import { generateKeyPairSync, sign } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleClient } from '../bundle.mjs';
import { canonicalize, type Json } from './canonical.js';
import type * as Client from './index.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const { x = '' } = publicKey.export({ format: 'jwk' });

/** Globals of pages, workers and Node.js, which are all that the package may use. The language itself comes with the context. */
const WEB = { AbortSignal, TextDecoder, TextEncoder, atob, btoa, clearTimeout, crypto, setTimeout };

async function signedAnswer(label: string, type: string, content: Record<string, Json>): Promise<string> {
  const members = new TextEncoder().encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));
  const kid = Buffer.from(await crypto.subtle.digest('SHA-256', members)).toString('base64url');
  const now = Date.now();
  const [issued_at = '', expires_at = ''] = [now, now + 60_000].map((time) => new Date(time).toISOString());
  const times = { issued_at, refresh_at: expires_at, expires_at };
  const bytes = Buffer.from(
    canonicalize({ alg: 'Ed25519', format: 1, kid, tenant_id: 't', type, ...times, ...content }),
  );
  const body = Buffer.concat([sign(null, bytes, privateKey), bytes]).toString('base64');
  return `-----BEGIN IMPRIMATUR ${label}-----\n${body}\n-----END IMPRIMATUR ${label}-----\n`;
}

/** Responds like the server to the package's requests. */
async function answerOf(route: string, { fingerprint = null, nonce = null }: Record<string, Json>) {
  const seat = { activation_id: 'a', license_id: 'l', status: 'ACTIVE', last_seen_at: '', lease_expires_at: null };
  const said = { valid: true, code: 'VALID', reasons: [], entitlements: [] };
  const device = { fingerprint };
  const license = { license_id: 'l', product_id: 'p', features: [] };
  if (route === 'validate' || route === 'activate') {
    const activation = { activation_id: 'a', status: 'ACTIVE', lease_expires_at: null };
    const content = { ...said, license_id: 'l', product_id: 'p', device, activation, question: {}, nonce };
    const proof = await signedAnswer('VALIDATION', 'validation', content);
    return { ...(route === 'validate' ? said : seat), proof };
  }
  if (route !== 'check-out') return seat;
  return { license_file: await signedAnswer('LICENSE FILE', 'license', { license, device, lease: null, nonce }) };
}

describe('the package, as it is bundled, where there is nothing but the web platform', () => {
  let client: typeof Client;
  let reachable = true;

  beforeAll(async () => {
    const { outputFiles } = await bundleClient({ format: 'iife', globalName: 'imprimatur' });
    const fetch = async (url: string, { body }: { body: string }) => {
      if (!reachable) throw new TypeError('Failed to fetch');
      const asked = JSON.parse(body) as Record<string, Json>;
      return new Response(JSON.stringify(await answerOf(url.split('/').at(-1) ?? '', asked)));
    };
    const context = createContext({ ...WEB, fetch });
    client = runInContext(`${outputFiles[0]?.text ?? ''}; imprimatur`, context) as typeof Client;
    const nodes = ['process', 'Buffer', 'require', 'global', 'setImmediate', '__dirname'];
    expect(runInContext(`[${nodes.map((name) => `typeof ${name}`).join()}].join()`, context)).toBe(
      nodes.map(() => 'undefined').join(),
    );
  });

  it('activates, validates, verifies a file, goes by its last answer, and notices a clock that is turned back', async () => {
    let ahead = 0;
    const program = new client.LicenseClient({
      baseUrl: 'https://licenses.example.com',
      tenantId: 't',
      keys: [{ x }],
      licenseKey: 'A1B2',
      fingerprint: 'page',
      store: client.memoryStore(),
      clock: () => Date.now() + ahead,
    });
    expect(await program.activate()).toMatchObject({ status: 'ACTIVE' });
    expect(await program.check()).toMatchObject({ valid: true, source: 'server' });
    expect(await program.checkOut(600)).toMatchObject({ device: { fingerprint: 'page' } });
    expect(await program.verifyStoredFile()).toMatchObject({ license: { license_id: 'l' } });
    reachable = false;
    expect(await program.check()).toMatchObject({ valid: true, source: 'cache', grace: false });
    ahead = -3_600_000;
    expect(await program.check()).toMatchObject({ valid: false, code: 'CLOCK_TURNED_BACK' });
    program.stop();
    reachable = true;
    expect(await program.deactivate()).toMatchObject({ activation_id: 'a' });
  });
});
