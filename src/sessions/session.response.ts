import { z } from 'zod';
import { pageOf } from '../shared/http/paging.js';
import { ActorType, UtcTime } from '../shared/http/schema.js';
import { SIGN_IN_METHODS, type KnownSession } from '../shared/access/session-authenticator.js';
import { END_REASONS, type Session } from './session.entity.js';

export const SignInOptions = z
  .object({
    oidc: z.boolean().meta({ description: 'Whether people sign in at an identity provider, by GET /auth/login.' }),
    has_cookie: z.boolean().meta({
      description:
        'Whether the request has the cookie of a session. GET /auth/session tells whether that is still open.',
    }),
  })
  .meta({ id: 'SignInOptions', description: 'How one can sign in, besides with an API key or a link.' });
export type SignInOptions = z.infer<typeof SignInOptions>;

const Method = z.enum(SIGN_IN_METHODS).meta({ id: 'SignInMethod' });

export const OwnSession = z
  .object({
    session_id: z.uuid(),
    method: Method,
    type: ActorType,
    id: z.string().meta({ description: 'Id of the API key, or `sub` of the person.' }),
    tenant_id: z
      .string()
      .nullable()
      .meta({ description: 'Null for a platform key, which names a tenant by X-Tenant-Id.' }),
    authenticated_at: UtcTime.meta({
      description:
        'Last time at which a credential was shown. Over ten minutes before the sign-in if the identity provider does not tell it.',
    }),
  })
  .meta({ id: 'OwnSession', description: 'The session of the caller. GET /v1/me has its permissions.' });
export type OwnSession = z.infer<typeof OwnSession>;

export const SignedOut = z
  .object({
    sign_out_url: z
      .url()
      .nullable()
      .meta({ description: 'Address at which the person signs out of the identity provider.' }),
  })
  .meta({ id: 'SignedOut', description: 'The session has ended.' });
export type SignedOut = z.infer<typeof SignedOut>;

export const SessionResponse = z
  .object({
    session_id: z.uuid(),
    tenant_id: z.string(),
    method: Method,
    api_key_id: z.uuid().nullable(),
    issuer: z.string().nullable().meta({ description: 'Identity provider of a person.' }),
    subject: z.string().nullable().meta({ description: 'Person, as the identity provider names it.' }),
    user_agent: z.string().nullable(),
    authenticated_at: UtcTime,
    last_seen_at: UtcTime.meta({ description: 'Accurate to about a minute.' }),
    ends_at: UtcTime.meta({ description: 'Latest end, however much it is used.' }),
    ended_at: UtcTime.nullable(),
    end_reason: z.enum(END_REASONS).nullable().meta({ id: 'SessionEndReason' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Session', description: 'Session of a browser.' });
export type SessionResponse = z.infer<typeof SessionResponse>;

export const SessionPage = pageOf(SessionResponse).meta({ id: 'SessionPage' });
export type SessionPage = z.infer<typeof SessionPage>;

export function toOwnSession({ id, method, principal, authenticatedAt }: KnownSession): OwnSession {
  return {
    session_id: id,
    method,
    type: principal.subject.type,
    id: principal.subject.id,
    tenant_id: principal.tenant?.id ?? null,
    authenticated_at: authenticatedAt.toISOString(),
  };
}

export function toSessionResponse(session: Session): SessionResponse {
  return {
    session_id: session.sessionId,
    tenant_id: session.tenantId,
    method: session.method,
    api_key_id: session.apiKeyId,
    issuer: session.issuer,
    subject: session.subject,
    user_agent: session.userAgent,
    authenticated_at: session.authenticatedAt.toISOString(),
    last_seen_at: session.lastSeenAt.toISOString(),
    ends_at: session.endsAt.toISOString(),
    ended_at: session.endedAt?.toISOString() ?? null,
    end_reason: session.endReason,
    version: session.version,
    created_at: session.createdAt.toISOString(),
    updated_at: session.updatedAt.toISOString(),
  };
}
