import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Sign-in that a person allowed. */
interface Grant {
  readonly request: URLSearchParams;
  readonly claims: JWTPayload;
}

/** An identity provider on loopback, with its discovery document and keys. */
export class Issuer {
  readonly audience = 'imprimatur';
  /** Set: what it answers instead. */
  down = false;
  private keys: SigningKey[] = [];
  /** Sign-ins that were allowed and whose code was not redeemed. */
  private readonly codes = new Map<string, Grant>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Issuer> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const issuer = new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      void issuer.answer(request).then(({ status, body }) => {
        response.statusCode = issuer.down ? 500 : status;
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(body));
      });
    });
    await issuer.rotate();
    return issuer;
  }

  /** Signs with a new key from now on and no longer publishes the ones before. */
  async rotate(alg = 'RS256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${alg}-${Date.now()}-${Math.random()}`;
    this.keys = [{ kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }];
  }

  get publicJwk(): JWK {
    return this.current.publicJwk;
  }

  /** A token that lasts five minutes; claims that are undefined are left out. */
  token(claims: JWTPayload, { header = {} } = {}): Promise<string> {
    const { kid, alg, privateKey } = this.current;
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, aud: this.audience, iat: now, exp: now + 300, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
  }

  /** Signs a person in at the address of a sign-in. Returns the path and query that the browser is sent back to. */
  allow(address: string, claims: JWTPayload): string {
    const { searchParams: request } = new URL(address);
    const code = randomUUID();
    this.codes.set(code, { request, claims });
    const back = new URL(request.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({ code, state: request.get('state') ?? '' }).toString();
    return `${back.pathname}${back.search}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private get current(): SigningKey {
    const [key] = this.keys;
    if (!key) throw new Error('The issuer has no key.');
    return key;
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    if (request.url === '/keys') return { status: 200, body: this.publicKeys };
    if (request.url !== '/token') return { status: 200, body: this.discovery };
    const form = new URLSearchParams(await text(request));
    const grant = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant?.request.get('code_challenge') !== challenge) return { status: 400, body: { error: 'invalid_grant' } };
    const id_token = await this.token({
      aud: grant.request.get('client_id') ?? '',
      nonce: grant.request.get('nonce') ?? '',
      ...grant.claims,
    });
    return { status: 200, body: { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token } };
  }

  private get publicKeys() {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  private get discovery() {
    return {
      issuer: this.url,
      jwks_uri: `${this.url}/keys`,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      end_session_endpoint: `${this.url}/logout`,
    };
  }
}
