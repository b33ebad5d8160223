import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** An identity provider on loopback, with its discovery document and keys. */
export class Issuer {
  readonly audience = 'imprimatur';
  /** Set: what it answers instead. */
  down = false;
  private keys: SigningKey[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Issuer> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const issuer = new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      response.statusCode = issuer.down ? 500 : 200;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(request.url === '/keys' ? issuer.publicKeys : issuer.discovery));
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

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private get current(): SigningKey {
    const [key] = this.keys;
    if (!key) throw new Error('The issuer has no key.');
    return key;
  }

  private get publicKeys() {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  private get discovery() {
    return { issuer: this.url, jwks_uri: `${this.url}/keys` };
  }
}
