import { Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Config, SecureUrl, type OidcSettings } from '../../config.js';
import { Clock } from '../../shared/time/clock.js';
import { isCleanText } from '../../shared/json.js';
import { IdentityProviderError, UnauthenticatedError, type TokenFault } from '../../shared/access/access.errors.js';
import { UNBOUNDED } from '../../shared/access/actor.js';
import type { Principal } from '../../shared/access/authenticator.js';
import { effectivePermissions, TENANT_ROLES, withinTenant } from '../../shared/access/permissions.js';
import { isTenantId } from '../../shared/tenant-id.js';
import { CredentialCache } from './credential-cache.js';

const TIMEOUT_MS = 5_000;
/** Shortest time between two fetches of the provider's keys that unknown key ids cause. */
const COOLDOWN_MS = 5_000;
const MAX_SUBJECT = 255;
/** Time in which each reason is logged once, however many tokens are sent. */
const LOG_INTERVAL_MS = 1_000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: SecureUrl });

/**
 * Authenticates access tokens of an external identity provider (OpenID Connect): signed by a published key with a pinned algorithm, with
 * our audience and its issuer, and not expired. Configurable claims hold tenant and permissions.
 */
@Injectable()
export class OidcAuthenticator {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private readonly logger = new Logger(OidcAuthenticator.name);
  private readonly loggedAt = new Map<string, number>();

  constructor(
    private readonly credentials: CredentialCache,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Throws UnauthenticatedError, and IdentityProviderError if the provider's keys are not available. */
  async authenticate(token: string): Promise<Principal | undefined> {
    const { oidc } = this.config;
    return oidc && this.principalOf(await this.verify(token, oidc.audience, ['exp', 'sub']));
  }

  /** Returns the principal that verified claims of the identity provider name. Throws UnauthenticatedError. */
  async principalOf(claims: JWTPayload): Promise<Principal> {
    const oidc = this.settings();
    const tenantId = readClaim(claims, oidc.tenantClaim);
    if (!isTenantId(tenantId))
      throw this.refused('TENANT_CLAIM_INVALID', `claim ${oidc.tenantClaim} is not a tenant id`);
    if (!isSubject(claims.sub)) throw this.refused('CLAIM_MISSING', 'claim sub is no text');
    const tenant = await this.credentials.findTenant(tenantId);
    if (!tenant) throw this.refused('TENANT_UNKNOWN', `claim ${oidc.tenantClaim} names an unknown tenant`);
    const permissions = permissionsIn(readClaim(claims, oidc.permissionsClaim));
    if (permissions.size === 0) this.warn(`claim ${oidc.permissionsClaim} grants no permission`);
    return {
      subject: { type: 'user', id: claims.sub, via: 'rest', issuer: oidc.issuer },
      tenant,
      permissions,
      bounds: UNBOUNDED,
      admits: () => true,
    };
  }

  /**
   * Returns the claims of a token that the identity provider signed for this audience. Throws UnauthenticatedError, and
   * IdentityProviderError if the provider's keys are not available.
   */
  async verify(token: string, audience: string, requiredClaims: string[]): Promise<JWTPayload> {
    const oidc = this.settings();
    const keys = await this.providerKeys(oidc.issuer);
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: oidc.issuer,
        audience,
        algorithms: [...oidc.algorithms],
        clockTolerance: oidc.clockToleranceS,
        currentDate: this.clock.now(),
        requiredClaims,
      });
      return payload;
    } catch (error) {
      if (isTokenRejected(error)) throw this.refused(faultOf(error), causeOf(error));
      throw new IdentityProviderError(error);
    }
  }

  private settings(): OidcSettings {
    const { oidc } = this.config;
    if (!oidc) throw new Error('No identity provider is configured.');
    return oidc;
  }

  private refused(fault: TokenFault, cause: string): UnauthenticatedError {
    this.warn(`${fault}: ${cause}`);
    return new UnauthenticatedError(fault);
  }

  /** Logs the reason, never the token or a value from it. */
  private warn(reason: string): void {
    const now = performance.now();
    if (now - (this.loggedAt.get(reason) ?? -LOG_INTERVAL_MS) < LOG_INTERVAL_MS) return;
    this.loggedAt.set(reason, now);
    this.logger.warn(`Access token: ${reason}`);
  }

  /** Returns the provider's keys, discovered once. After a failure the next token repeats the discovery. */
  private providerKeys(issuer: string): Promise<JWTVerifyGetKey> {
    this.keys ??= discover(issuer).catch((error: unknown) => {
      this.keys = undefined;
      throw new IdentityProviderError(error);
    });
    return this.keys;
  }
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  const document = Discovery.parse(await response.json());
  if (document.issuer !== issuer) throw new Error('The issuer in the discovery document differs from OIDC_ISSUER.');
  return createRemoteJWKSet(new URL(document.jwks_uri), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
  });
}

const CLAIM_FAULTS: Readonly<Record<string, TokenFault>> = {
  aud: 'WRONG_AUDIENCE',
  iss: 'WRONG_ISSUER',
  nbf: 'TOKEN_NOT_YET_VALID',
  iat: 'TOKEN_NOT_YET_VALID',
  exp: 'TOKEN_EXPIRED',
};

/** Claims are checked after the signature, so a fault of a claim implies a valid signature. */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'TOKEN_INVALID';
  if (error.reason === 'missing') return 'CLAIM_MISSING';
  return CLAIM_FAULTS[error.claim] ?? 'TOKEN_INVALID';
}

/** Returns a cause for the log: codes of the library and names of registered claims, which no caller controls. */
function causeOf(error: unknown): string {
  const { code } = error as { code: string };
  const isClaimFault = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired;
  return isClaimFault ? `claim ${error.claim} ${error.reason}` : code;
}

/** Returns whether the token is at fault, and not the provider that publishes the keys. */
function isTokenRejected(error: unknown): boolean {
  const unreachable = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  const code = (error as { code?: unknown } | null)?.code;
  return (
    !unreachable && typeof code === 'string' && /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO|JWKS_MULTIPLE)/.test(code)
  );
}

/** Reads a claim by its whole name, which may contain dots (`https://example.com/tenant`), else as a path (`realm_access.roles`). */
function readClaim(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined,
      claims,
    );
}

/** Checks the type, because the issuer determines the type of a signed claim, whatever the library declares. */
function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_SUBJECT && isCleanText(value);
}

/**
 * Returns the permissions of a list or a space-separated text of permissions and role names. Any other value grants nothing, nor does the
 * role `partner`, because a token names no partner.
 */
function permissionsIn(value: unknown) {
  const items: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  const words = items.filter((item) => typeof item === 'string');
  const roles = Object.keys(TENANT_ROLES).filter((role) => role !== 'partner' && words.includes(role));
  const listed = words.filter((word) => word.includes(':'));
  const granted = [null, ...roles].flatMap((role) => [...effectivePermissions(role, listed)]);
  return withinTenant(new Set(granted));
}
