import type { Bounds, Subject } from './actor.js';
import type { ForeignKeyNormalisation } from '../foreign-keys.js';
import type { Permission } from './permissions.js';

/** Tenant settings that the guards need. */
export interface KnownTenant {
  readonly id: string;
  readonly suspended: boolean;
  /** Requires If-Match, or `version` in a batch line, on changes. */
  readonly requireIfMatch: boolean;
  /** Requests per minute over all its keys; null uses the server's default. */
  readonly requestsPerMinute: number | null;
  /** How its imported license keys are compared. */
  readonly foreignKeyNormalisation: ForeignKeyNormalisation;
}

/** Partner that an API key is bound to. */
export interface KnownPartner {
  readonly id: string;
  /** False: its keys are refused. */
  readonly approved: boolean;
}

/** Authenticated identity of a bearer token. */
export interface Principal {
  readonly subject: Subject;
  readonly permissions: ReadonlySet<Permission>;
  readonly bounds: Bounds;
  /** Tenant of the credential; null for platform keys. */
  readonly tenant: KnownTenant | null;
  /** Partner of the credential, which reaches only the rows of this partner. */
  readonly partner?: KnownPartner | undefined;
  /** Returns true if the networks of the bounds contain this address. */
  admits(address: string): boolean;
}

export interface AuthenticationOptions {
  /** Lets the look-up wait for others, because the caller's address has failed too often. */
  readonly paced: boolean;
}

/** Turns bearer tokens into principals. Shared code declares this for its guard; the module that stores API keys implements it. */
export abstract class Authenticator {
  /** Returns undefined unless the token is valid now. Throws UnauthenticatedError if the caller may know the reason. */
  abstract authenticate(token: string, options: AuthenticationOptions): Promise<Principal | undefined>;

  /** Returns the cached principal of a token, without I/O. */
  abstract getCached(token: string): Principal | undefined;
}

/** Knows the tenants, as of a few seconds ago at most. Shared code declares this like the authenticator. */
export abstract class KnownTenants {
  abstract findTenant(tenantId: string): Promise<KnownTenant | undefined>;
}
