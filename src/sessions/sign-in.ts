import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NetworkNotAllowedError, UnauthenticatedError } from '../shared/access/access.errors.js';
import { Authenticator } from '../shared/access/authenticator.js';
import type { Permission } from '../shared/access/permissions.js';
import { isFromForeignPage } from '../shared/access/own-page.js';
import type { KnownSession, SignInMethod } from '../shared/access/session-authenticator.js';
import { AuthFailureLimit } from '../shared/limits/auth-failure-limit.js';
import { isCleanText } from '../shared/json.js';
import { Clock } from '../shared/time/clock.js';
import { hashApiKey, isApiKey } from '../tenants/index.js';
import { CookieSessionAuthenticator } from './cookie-session.authenticator.js';
import { assertSecureConnection, clearCookie, readCookie, SESSION_COOKIE, setCookie } from './session-cookie.js';
import { ForeignOriginError, NoSessionForKeyError, WrongSubjectError } from './session.errors.js';
import type { EndReason } from './session.entity.js';
import type { SignInRequest } from './session.requests.js';
import { isRecent, SessionStore, type SignedInKey, type SignedInPerson } from './session-store.js';
import { SignInLinks } from './sign-in-links.js';

const MAX_USER_AGENT = 200;

/** Signs browsers in and out. */
@Injectable()
export class SignIn {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly sessions: CookieSessionAuthenticator,
    private readonly store: SessionStore,
    private readonly links: SignInLinks,
    private readonly failures: AuthFailureLimit,
    private readonly clock: Clock,
  ) {}

  /** Throws ForeignOriginError, InsecureConnectionError. */
  assertAllowed(request: FastifyRequest): void {
    if (isFromForeignPage(request)) throw new ForeignOriginError();
    assertSecureConnection(request);
  }

  /** Starts a session of an API key. Throws UnauthenticatedError, NoSessionForKeyError, NetworkNotAllowedError, RateLimitedError. */
  async signIn(request: FastifyRequest, reply: FastifyReply, credential: SignInRequest): Promise<KnownSession> {
    this.assertAllowed(request);
    const key = await this.keyOf(request, credential);
    return this.begin(request, reply, credential.code === undefined ? 'api_key' : 'link', key);
  }

  /** Starts a session in place of that of the browser, whose cookie gets a new value. */
  async begin(
    request: FastifyRequest,
    reply: FastifyReply,
    method: SignInMethod,
    who: SignedInKey | SignedInPerson,
  ): Promise<KnownSession> {
    const now = this.clock.now();
    const former = readCookie(request, SESSION_COOKIE);
    const { secret } = await this.store.start(method, who, userAgentOf(request), now);
    const session = await this.store.find(secret, now);
    if (!session) throw new UnauthenticatedError();
    if (former) await this.replace(former, now);
    setCookie(reply, SESSION_COOKIE, secret);
    return { ...session, isRecent: isRecent(session, now) };
  }

  /** Accepts the credential of the session's own API key once more. Throws UnauthenticatedError, WrongSubjectError. */
  async confirm(request: FastifyRequest, session: KnownSession, credential: SignInRequest): Promise<KnownSession> {
    this.assertAllowed(request);
    const { keyId } = await this.keyOf(request, credential);
    if (keyId !== session.principal.subject.id) throw new WrongSubjectError();
    const now = this.clock.now();
    await this.store.confirm(session.id, now);
    this.sessions.invalidate();
    return { ...session, authenticatedAt: now, isRecent: true };
  }

  async signOut(request: FastifyRequest, reply: FastifyReply, session: KnownSession): Promise<void> {
    this.assertAllowed(request);
    await this.end(session.id, 'SIGNED_OUT');
    clearCookie(reply, SESSION_COOKIE);
  }

  private async keyOf(request: FastifyRequest, { api_key, code }: SignInRequest): Promise<SignedInKey> {
    const key = await this.failures.attempt(request.ip, (paced) =>
      code === undefined
        ? this.keyWithSecret(api_key ?? '', request, paced)
        : this.links.redeem(code, this.clock.now()),
    );
    if (!key) throw new UnauthenticatedError();
    return key;
  }

  private async keyWithSecret(
    secret: string,
    { ip }: FastifyRequest,
    paced: boolean,
  ): Promise<SignedInKey | undefined> {
    if (!isApiKey(secret)) return undefined;
    const principal = await this.authenticator.authenticate(secret, { paced });
    if (!principal) return undefined;
    if (principal.partner || isOfPrograms(principal.permissions)) throw new NoSessionForKeyError();
    if (!principal.admits(ip)) throw new NetworkNotAllowedError();
    return { keyId: principal.subject.id, keySha256: hashApiKey(secret), tenantId: principal.tenant?.id ?? null };
  }

  private async replace(secret: string, now: Date): Promise<void> {
    const session = await this.store.find(secret, now);
    if (session) await this.end(session.id, 'REPLACED');
  }

  private async end(sessionId: string, reason: EndReason): Promise<void> {
    await this.store.end(sessionId, reason, this.clock.now());
    this.sessions.invalidate();
  }
}

function isOfPrograms(permissions: ReadonlySet<Permission>): boolean {
  return [...permissions].every((permission) => permission.startsWith('client:'));
}

function userAgentOf({ headers }: FastifyRequest): string | undefined {
  const text = headers['user-agent']?.slice(0, MAX_USER_AGENT);
  return text !== undefined && text !== '' && isCleanText(text) ? text : undefined;
}
