import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuthenticationOptions } from '../shared/access/authenticator.js';
import { isFromOwnPage } from '../shared/access/own-page.js';
import { SessionAuthenticator, type KnownSession } from '../shared/access/session-authenticator.js';
import { CommittedCache } from '../shared/persistence/committed-cache.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { readCookie, SESSION_COOKIE } from './session-cookie.js';
import { hashSecret } from './session-secret.js';
import { isRecent, SessionStore, type FoundSession } from './session-store.js';

/** Lifetime of a cached session: with it a session ends in other processes within 5 seconds. */
const CACHE_TTL_MS = 3_000;
const MAX_ENTRIES = 1_000;
/** Header by which a page names whom it shows, as `type:id` with the id percent-encoded. */
const SIGNED_IN_AS = 'x-signed-in-as';
/** Header of a request that a page sends by itself while nobody is at it. */
const UNATTENDED = 'x-unattended';

/** Authenticates by the cookie of a session, which counts only on requests of our own pages. */
@Injectable()
export class CookieSessionAuthenticator extends SessionAuthenticator {
  private readonly sessions: CommittedCache<FoundSession>;

  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
    unitOfWork: UnitOfWork,
  ) {
    super();
    this.sessions = new CommittedCache(unitOfWork, { max: MAX_ENTRIES, ttl: CACHE_TTL_MS });
  }

  async authenticate(request: FastifyRequest, options: AuthenticationOptions): Promise<KnownSession | undefined> {
    const secret = secretOf(request);
    if (secret === undefined) return undefined;
    const fill = this.sessions.beginFill();
    const isUnattended = request.headers[UNATTENDED] !== undefined;
    const session = await this.store.find(secret, this.clock.now(), { ...options, isUnattended });
    // A person who comes back is seen at once.
    fill.put(nameOf(secret), isUnattended ? undefined : session);
    return this.open(request, session);
  }

  getCached(request: FastifyRequest): KnownSession | undefined {
    const secret = secretOf(request);
    return secret === undefined ? undefined : this.open(request, this.sessions.get(nameOf(secret)));
  }

  /** Drops every cached session, since one has changed. */
  invalidate(): void {
    this.sessions.invalidate();
  }

  /** The tabs of a browser share the cookie: a session that another tab began for somebody else is none to a page that shows the former one. */
  private open(request: FastifyRequest, session: FoundSession | undefined): KnownSession | undefined {
    const now = this.clock.now();
    if (!session || session.openUntil <= now) return undefined;
    const { type, id } = session.principal.subject;
    const shown = request.headers[SIGNED_IN_AS];
    if (shown !== undefined && shown !== `${type}:${encodeURIComponent(id)}`) return undefined;
    return { ...session, isRecent: isRecent(session, now) };
  }
}

function secretOf(request: FastifyRequest): string | undefined {
  const secret = readCookie(request, SESSION_COOKIE);
  return secret !== undefined && secret !== '' && isFromOwnPage(request) ? secret : undefined;
}

function nameOf(secret: string): string {
  return hashSecret(secret).toString('latin1');
}
