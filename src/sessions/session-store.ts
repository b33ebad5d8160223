import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config.js';
import { Actor, UNBOUNDED, type Subject } from '../shared/access/actor.js';
import type { Principal } from '../shared/access/authenticator.js';
import type { KnownSession, SignInMethod } from '../shared/access/session-authenticator.js';
import { effectivePermissions, withinTenant, type Permission } from '../shared/access/permissions.js';
import { coalesceReads, paced } from '../shared/async/coalesce-reads.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { newId } from '../shared/random.js';
import { keyColumnsSql, toKeyPrincipal, toKnownTenant, type KeyRow } from '../tenants/index.js';
import { SessionEndedEvent, SessionStartedEvent } from './events/session.events.js';
import type { EndReason } from './session.entity.js';
import { generateSecret, hashSecret } from './session-secret.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Longest time between two writes of the time at which a session was last seen. */
const SEEN_MS = MINUTE_MS;
/** Times that a session which is in use is seen at least before its idle time is over. */
const SEEN_TIMES = 4;
/** Time after which a session must show its credential again before it reaches secrets. */
const RECENT_MS = 10 * MINUTE_MS;
/** Most sessions that one run ends or deletes. */
const BATCH = 100;

/** API key that a session is of, with the digest of the secret that was shown: with another secret the session ends. */
export interface SignedInKey {
  readonly keyId: string;
  readonly keySha256: Buffer;
  readonly tenantId: string | null;
}

/** Person that the identity provider named. */
export interface SignedInPerson {
  readonly tenantId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Time at which the person showed its credential to the provider: `auth_time` of the ID token; undefined without that claim. */
  readonly authenticatedAt: Date | undefined;
  /** Session at the identity provider: `sid` of the ID token. */
  readonly providerSession: string | undefined;
}

/** Session that has just begun, with the value of its cookie. */
export interface StartedSession {
  readonly sessionId: string;
  readonly secret: string;
}

interface OpenSession {
  readonly sessionId: string;
  readonly tenantId: string | null;
  readonly subject: Subject;
}

/** Session as found, and until when it is open if it is not used again. */
export interface FoundSession extends Omit<KnownSession, 'isRecent'> {
  readonly openUntil: Date;
}

interface SessionRow extends KeyRow {
  session_sha256: Buffer;
  session_id: string;
  method: SignInMethod;
  session_tenant_id: string | null;
  api_key_id: string | null;
  issuer: string | null;
  subject: string | null;
  session_permissions: string[];
  authenticated_at: Date;
  last_seen_at: Date;
  ends_at: Date;
}

/** A session of an API key lasts as long as the secret that was shown. */
const FIND = `
  SELECT s.session_sha256, s.session_id, s.method, s.tenant_id AS session_tenant_id, s.api_key_id, s.issuer, s.subject, s.permissions AS session_permissions,
         s.authenticated_at, s.last_seen_at, s.ends_at, ${keyColumnsSql('s.key_sha256')}
  FROM sessions s
  LEFT JOIN api_keys k ON k.id = s.api_key_id
  LEFT JOIN tenants t ON t.id = s.tenant_id
  WHERE s.session_sha256 = ANY($1::bytea[]) AND s.ended_at IS NULL
    AND (s.api_key_id IS NULL OR (k.revoked_at IS NULL AND s.key_sha256 IN (k.key_sha256, k.previous_sha256)))`;

const INSERT = `
  INSERT INTO sessions (session_id, tenant_id, session_sha256, method, api_key_id, key_sha256, issuer, subject, permissions, provider_session,
    user_agent, authenticated_at, last_seen_at, ends_at, version, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $13, $13)`;

const END = `
  UPDATE sessions SET ended_at = $2, end_reason = $3, version = version + 1, updated_at = $2
  WHERE session_id = ANY($1::uuid[]) AND ended_at IS NULL
  RETURNING session_id`;

const OPEN_COLUMNS = 'session_id, tenant_id, api_key_id, issuer, subject';

/** Open sessions whose API key, or the secret of it that was shown, is no longer accepted. */
const OF_ENDED_KEYS = `
  SELECT s.session_id, s.tenant_id, s.api_key_id, s.issuer, s.subject
  FROM sessions s JOIN api_keys k ON k.id = s.api_key_id
  WHERE s.ended_at IS NULL AND (
    k.revoked_at IS NOT NULL OR k.expires_at <= $1
    OR (s.key_sha256 <> k.key_sha256 AND s.key_sha256 IS DISTINCT FROM k.previous_sha256)
    OR (s.key_sha256 = k.previous_sha256 AND k.previous_expires_at <= $1))
  ORDER BY s.session_id LIMIT ${BATCH}`;

/** Starts, finds and ends the sessions of tenants and of the platform. */
@Injectable()
export class SessionStore {
  private readonly lookups = lookUps((digests) => this.read(digests));
  /** Look-ups for addresses with too many failures. */
  private readonly pacedLookups = lookUps(paced((digests) => this.read(digests)));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: Config,
  ) {}

  private get idleMs(): number {
    return this.config.settings.SESSION_IDLE_MINUTES * MINUTE_MS;
  }

  private get seenMs(): number {
    return Math.min(SEEN_MS, this.idleMs / SEEN_TIMES);
  }

  async start(
    method: SignInMethod,
    who: SignedInKey | SignedInPerson,
    userAgent: string | undefined,
    now: Date,
  ): Promise<StartedSession> {
    const [sessionId, secret] = [newId(), generateSecret()];
    const endsAt = new Date(now.getTime() + this.config.settings.SESSION_MAX_HOURS * HOUR_MS);
    const ofKey = 'keyId' in who ? [who.keyId, who.keySha256, null, null, [], null] : undefined;
    const ofPerson =
      'issuer' in who ? [null, null, who.issuer, who.subject, [...who.permissions], who.providerSession ?? null] : [];
    const { tenantId } = who;
    const values = [
      sessionId,
      tenantId,
      hashSecret(secret),
      method,
      ...(ofKey ?? ofPerson),
      userAgent ?? null,
      'keyId' in who ? now : knownAt(who, now),
      now,
      endsAt,
    ];
    const subject = 'keyId' in who ? keySubject(who) : personSubject(who);
    if (tenantId === null) {
      await this.dataSource.query(INSERT, values);
    } else {
      await this.unitOfWork.run(tenantId, async (transaction) => {
        await transaction.query({ text: INSERT, values });
        transaction.record(new SessionStartedEvent(actorOf(tenantId, subject), now, sessionId, method, endsAt));
      });
    }
    return { sessionId, secret };
  }

  /**
   * Returns the session of a cookie; undefined if it has ended, by itself or with its API key. A request that a page sends while nobody is at
   * it does not keep the session open.
   */
  async find(
    secret: string,
    now: Date,
    {
      paced: isPaced = false,
      isUnattended = false,
    }: { readonly paced?: boolean; readonly isUnattended?: boolean } = {},
  ): Promise<FoundSession | undefined> {
    const row = await (isPaced ? this.pacedLookups : this.lookups).add(hashSecret(secret));
    if (!row) return undefined;
    const openUntil = new Date(Math.min(row.ends_at.getTime(), row.last_seen_at.getTime() + this.idleMs));
    const principal = principalOf(row);
    if (openUntil <= now || !principal) return undefined;
    if (isUnattended || now.getTime() - row.last_seen_at.getTime() < this.seenMs)
      return found(row, principal, openUntil);
    await this.dataSource.query('UPDATE sessions SET last_seen_at = greatest(last_seen_at, $2) WHERE session_id = $1', [
      row.session_id,
      now,
    ]);
    return found(row, principal, new Date(Math.min(row.ends_at.getTime(), now.getTime() + this.idleMs)));
  }

  /** Notes that the person has shown its credential again. */
  async confirm(sessionId: string, now: Date): Promise<void> {
    await this.dataSource.query(
      'UPDATE sessions SET authenticated_at = greatest(authenticated_at, $2) WHERE session_id = $1 AND ended_at IS NULL',
      [sessionId, now],
    );
  }

  /** Ends a session that signs out, or that another replaces. */
  async end(sessionId: string, reason: EndReason, now: Date): Promise<void> {
    const rows = await this.dataSource.query<OpenRow[]>(
      `SELECT ${OPEN_COLUMNS} FROM sessions WHERE session_id = $1 AND ended_at IS NULL`,
      [sessionId],
    );
    await this.endAll(rows, reason, now);
  }

  /**
   * Ends the sessions of a person, or those of one of its sessions at the identity provider, with those of the person whose session there is
   * not known. Returns their number.
   */
  async endOfPerson(
    issuer: string,
    {
      subject,
      providerSession,
    }: { readonly subject?: string | undefined; readonly providerSession?: string | undefined },
    now: Date,
  ): Promise<number> {
    const rows = await this.dataSource.query<OpenRow[]>(
      `SELECT ${OPEN_COLUMNS} FROM sessions
       WHERE issuer = $1 AND ended_at IS NULL AND subject = coalesce($2::text, subject) 
         AND ($3::text IS NULL OR provider_session = $3 OR (provider_session IS NULL AND $2::text IS NOT NULL))`,
      [issuer, subject ?? null, providerSession ?? null],
    );
    await this.endAll(rows, 'WITHDRAWN', now);
    return rows.length;
  }

  /** Ends sessions whose time is over. Returns false if there may be more. */
  async endExpired(now: Date): Promise<boolean> {
    const rows = await this.dataSource.query<OpenRow[]>(
      `SELECT ${OPEN_COLUMNS} FROM sessions
       WHERE ended_at IS NULL AND (ends_at <= $1 OR last_seen_at <= $2) ORDER BY session_id LIMIT ${BATCH}`,
      [now, new Date(now.getTime() - this.idleMs)],
    );
    await this.endAll(rows, 'EXPIRED', now);
    return rows.length < BATCH;
  }

  /** Ends sessions whose API key is no longer accepted. Returns false if there may be more. */
  async endOfKeys(now: Date): Promise<boolean> {
    const rows = await this.dataSource.query<OpenRow[]>(OF_ENDED_KEYS, [now]);
    await this.endAll(rows, 'WITHDRAWN', now);
    return rows.length < BATCH;
  }

  /** Deletes sessions that ended before this time. Returns false if there may be more. */
  async deleteEnded(before: Date): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH old AS (SELECT session_id FROM sessions WHERE ended_at < $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
       DELETE FROM sessions USING old WHERE sessions.session_id = old.session_id RETURNING sessions.session_id`,
      [before],
    );
    return rows.length < BATCH;
  }

  private read(digests: readonly Buffer[]): Promise<SessionRow[]> {
    return this.dataSource.query<SessionRow[]>(FIND, [digests]);
  }

  /** Ends sessions, those of a tenant with their events. A session that ended meanwhile is left alone. */
  private async endAll(rows: readonly OpenRow[], reason: EndReason, now: Date): Promise<void> {
    const sessions = rows.map(toOpenSession);
    for (const tenantId of new Set(sessions.map((session) => session.tenantId))) {
      const ofTenant = sessions.filter((session) => session.tenantId === tenantId);
      const values = [ofTenant.map(({ sessionId }) => sessionId), now, reason];
      if (tenantId === null) {
        await this.dataSource.query(END, values);
        continue;
      }
      await this.unitOfWork.run(tenantId, async (transaction) => {
        const ended = await transaction.query<{ session_id: string }>({ text: END, values });
        for (const { sessionId, subject } of ofTenant) {
          if (!ended.some(({ session_id }) => session_id === sessionId)) continue;
          transaction.record(new SessionEndedEvent(actorOf(tenantId, subject), now, sessionId, reason));
        }
      });
    }
  }
}

interface OpenRow {
  session_id: string;
  tenant_id: string | null;
  api_key_id: string | null;
  issuer: string | null;
  subject: string | null;
}

function toOpenSession({ session_id, tenant_id, api_key_id, issuer, subject }: OpenRow): OpenSession {
  return {
    sessionId: session_id,
    tenantId: tenant_id,
    subject:
      api_key_id === null
        ? personSubject({ issuer: issuer ?? '', subject: subject ?? '' })
        : keySubject({ keyId: api_key_id, tenantId: tenant_id }),
  };
}

function keySubject({ keyId, tenantId }: Pick<SignedInKey, 'keyId' | 'tenantId'>): Subject {
  return { type: tenantId === null ? 'platform_key' : 'api_key', id: keyId, via: 'rest' };
}

function personSubject({ issuer, subject }: Pick<SignedInPerson, 'issuer' | 'subject'>): Subject {
  return { type: 'user', id: subject, via: 'rest', issuer };
}

function actorOf(tenantId: string, subject: Subject): Actor {
  return new Actor(tenantId, subject, new Set());
}

/** Returns undefined for a person whose tenant is gone. */
function principalOf(row: SessionRow): Principal | undefined {
  if (row.api_key_id !== null) return toKeyPrincipal(row);
  if (row.session_tenant_id === null) return undefined;
  return {
    subject: personSubject({ issuer: row.issuer ?? '', subject: row.subject ?? '' }),
    tenant: toKnownTenant(row.session_tenant_id, row),
    permissions: withinTenant(effectivePermissions(null, row.session_permissions)),
    bounds: UNBOUNDED,
    admits: () => true,
  };
}

function found(row: SessionRow, principal: Principal, openUntil: Date): FoundSession {
  const { expiresAt } = principal.bounds;
  return {
    id: row.session_id,
    method: row.method,
    principal,
    authenticatedAt: row.authenticated_at,
    openUntil: expiresAt && expiresAt < openUntil ? expiresAt : openUntil,
  };
}

function lookUps(select: (digests: readonly Buffer[]) => Promise<readonly SessionRow[]>) {
  return coalesceReads<Buffer, SessionRow>(
    (digest) => digest.toString('latin1'),
    ({ session_sha256 }) => session_sha256,
    select,
  );
}

/** Returns when a person showed its credential; a time that the provider does not tell is taken as too long ago. */
function knownAt({ authenticatedAt }: SignedInPerson, now: Date): Date {
  return new Date(Math.min(now.getTime(), authenticatedAt?.getTime() ?? now.getTime() - RECENT_MS));
}

/** Tells whether a session may reach secrets. */
export function isRecent({ authenticatedAt }: Pick<FoundSession, 'authenticatedAt'>, now: Date): boolean {
  return now.getTime() - authenticatedAt.getTime() < RECENT_MS;
}
