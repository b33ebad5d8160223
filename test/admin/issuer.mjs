import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An identity provider on loopback. It signs in `person.claims` without asking, as one does who is signed in there already. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const person = { claims: {} };
  const codes = new Map();
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${server.address().port}`;

  async function token(request) {
    const form = new URLSearchParams(await text(request));
    const grant = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant?.get('code_challenge') !== challenge) return undefined;
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: url, aud: grant.get('client_id'), nonce: grant.get('nonce'), iat: now, exp: now + 300 };
    const id_token = await new SignJWT({ auth_time: now, ...claims, ...person.claims })
      .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
      .sign(privateKey);
    return { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token };
  }

  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    const answer = (body) => {
      response.writeHead(body ? 200 : 400, { 'Content-Type': 'application/json' }).end(JSON.stringify(body ?? {}));
    };
    if (pathname === '/authorize') {
      const code = randomUUID();
      codes.set(code, searchParams);
      const back = new URL(searchParams.get('redirect_uri'));
      back.search = new URLSearchParams({ code, state: searchParams.get('state') }).toString();
      response.writeHead(302, { Location: back.href }).end();
    } else if (pathname === '/token') void token(request).then(answer);
    else if (pathname === '/keys') answer({ keys: [jwk] });
    else if (pathname === '/logout')
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Signed out</h1>');
    else
      answer({
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        end_session_endpoint: `${url}/logout`,
      });
  });
  /** Token by which the provider withdraws the sign-in of a person. */
  const logoutToken = (sub) =>
    new SignJWT({ sub, jti: randomUUID(), events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'RS256', kid: jwk.kid, typ: 'logout+jwt' })
      .setIssuer(url)
      .setAudience('admin-ui')
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey);
  return {
    url,
    person,
    logoutToken,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
