import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { JWTPayload } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client';
import { z } from 'zod';
import { Config } from '../../config.js';
import { IdentityProviderError, UnauthenticatedError } from '../../shared/access/access.errors.js';
import { originOf } from '../../shared/access/own-page.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { OidcAuthenticator } from '../../tenants/index.js';
import { OidcNotConfiguredError } from '../session.errors.js';
import type { SignedInPerson } from '../session-store.js';

const TIMEOUT_S = 5;
const CALLBACK = '/auth/callback';
/** Time within which a browser must come back. */
export const SIGN_IN_SECONDS = 600;
const SEAL_CONTEXT = ['oidc-sign-in'];
/** Claim of a logout token, see OpenID Connect Back-Channel Logout 1.0. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** State of a sign-in, which the browser keeps until it comes back. */
const Pending = z.object({
  verifier: z.string(),
  state: z.string(),
  nonce: z.string(),
  returnTo: z.string(),
  again: z.boolean(),
  endsAt: z.number(),
});
type Pending = z.infer<typeof Pending>;

/** Sign-in at the identity provider by authorization code with PKCE. No token is kept. */
@Injectable()
export class OidcSignIn {
  private readonly logger = new Logger(OidcSignIn.name);
  private configuration: Promise<Configuration> | undefined;

  constructor(
    private readonly config: Config,
    private readonly oidc: OidcAuthenticator,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  get isConfigured(): boolean {
    return this.config.oidc?.client !== undefined;
  }

  /**
   * Returns the address to sign in at, and the sealed state that the browser keeps meanwhile. `again` asks for the password even of a person
   * who is signed in. Throws OidcNotConfiguredError, IdentityProviderError.
   */
  async begin(request: FastifyRequest, { returnTo, again }: Pick<Pending, 'returnTo' | 'again'>) {
    const configuration = await this.discovered();
    const pending: Pending = {
      verifier: randomPKCECodeVerifier(),
      state: randomState(),
      nonce: randomNonce(),
      returnTo,
      again,
      endsAt: this.clock.now().getTime() + SIGN_IN_SECONDS * 1_000,
    };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: `${this.baseOf(request)}${CALLBACK}`,
      scope: 'openid profile email',
      code_challenge: await calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
      ...(again && { prompt: 'login', max_age: '0' }),
    });
    return { url: url.href, sealed: this.secrets.seal(JSON.stringify(pending), SEAL_CONTEXT).toString('base64url') };
  }

  /**
   * Returns the person that the identity provider names, and the page to return to. Throws UnauthenticatedError, OidcNotConfiguredError,
   * IdentityProviderError.
   */
  async finish(request: FastifyRequest, sealed: string | undefined) {
    const configuration = await this.discovered();
    const pending = this.unsealed(sealed);
    if (!pending || pending.endsAt <= this.clock.now().getTime()) throw new UnauthenticatedError();
    const { search } = new URL(request.url, 'http://localhost');
    const tokens = await authorizationCodeGrant(configuration, new URL(`${this.baseOf(request)}${CALLBACK}${search}`), {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
      ...(pending.again && { maxAge: 0 }),
    }).catch((error: unknown) => {
      this.logger.warn(`Sign-in: ${codeOf(error)}`);
      throw new UnauthenticatedError();
    });
    // The library trusts the connection to the provider; the signature and the pinned algorithms are checked beside it.
    const claims = await this.oidc.verify(tokens.id_token ?? '', this.client().id, ['exp', 'sub']);
    return { person: await this.personOf(claims, tokens.access_token), returnTo: pending.returnTo };
  }

  /** Returns the address at which the person signs out of the identity provider; undefined if it has none. */
  async signOutUrl(request: FastifyRequest): Promise<string | undefined> {
    const configuration = await this.discovered().catch(() => undefined);
    if (configuration?.serverMetadata().end_session_endpoint === undefined) return undefined;
    return buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${this.baseOf(request)}/admin/` }).href;
  }

  /** Returns the person, or its session, that a logout token withdraws. Throws UnauthenticatedError, OidcNotConfiguredError. */
  async withdrawn(logoutToken: string) {
    const claims = await this.oidc.verify(logoutToken, this.client().id, ['iat', 'exp', 'jti', 'events']);
    const { events, nonce, sub: subject, sid } = claims as JWTPayload & { events: unknown };
    const providerSession = typeof sid === 'string' ? sid : undefined;
    const isLogout = typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT);
    // An ID token has a nonce, and must not end sessions.
    if (!isLogout || nonce !== undefined || (subject === undefined && providerSession === undefined)) {
      throw new UnauthenticatedError('TOKEN_INVALID');
    }
    return { issuer: this.config.oidc?.issuer ?? '', subject, providerSession };
  }

  /** The claims of tenant and permissions are in the ID token, or in the access token as programs send it. */
  private async personOf(claims: JWTPayload, accessToken: string): Promise<SignedInPerson> {
    const { subject, tenant, permissions } = await this.oidc.principalOf(claims).catch(async (error: unknown) => {
      const principal = await this.oidc.authenticate(accessToken).catch(() => undefined);
      if (!principal || principal.subject.id !== claims.sub) throw error;
      return principal;
    });
    if (!tenant) throw new UnauthenticatedError('TENANT_UNKNOWN');
    return {
      tenantId: tenant.id,
      issuer: subject.issuer ?? '',
      subject: subject.id,
      permissions,
      authenticatedAt: typeof claims.auth_time === 'number' ? new Date(claims.auth_time * 1_000) : undefined,
      providerSession: typeof claims.sid === 'string' ? claims.sid : undefined,
    };
  }

  private unsealed(sealed: string | undefined): Pending | undefined {
    if (sealed === undefined) return undefined;
    try {
      return Pending.parse(JSON.parse(this.secrets.unseal(Buffer.from(sealed, 'base64url'), SEAL_CONTEXT)));
    } catch {
      return undefined;
    }
  }

  private baseOf(request: FastifyRequest): string {
    return this.config.publicUrl ?? originOf(request);
  }

  private client() {
    const client = this.config.oidc?.client;
    if (!client) throw new OidcNotConfiguredError();
    return client;
  }

  /** Returns the provider's document. After a failure the next sign-in asks again. */
  private async discovered(): Promise<Configuration> {
    const { id, secret } = this.client();
    const issuer = new URL(this.config.oidc?.issuer ?? '');
    this.configuration ??= discovery(issuer, id, undefined, secret === undefined ? None() : ClientSecretPost(secret), {
      timeout: TIMEOUT_S,
      // The settings take a provider without TLS on this machine alone.
      // oxlint-disable-next-line typescript/no-deprecated
      execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
    }).catch((error: unknown) => {
      this.configuration = undefined;
      throw new IdentityProviderError(error);
    });
    return this.configuration;
  }
}

/** Returns the library's code of a failure, which holds nothing that the browser sent. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}
