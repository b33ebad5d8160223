import type { Bounds, Subject } from './actor.js';
import type { Permission } from './permissions.js';

/** What the door needs to know of a tenant. */
export interface KnownTenant {
  readonly id: string;
  readonly suspended: boolean;
  /** Changes must name the version they were made for. */
  readonly requireIfMatch: boolean;
  /** Requests a minute, over all its keys; null is the server's default. */
  readonly requestsPerMinute: number | null;
}

/** Whose a genuine bearer token is. */
export interface Principal {
  readonly subject: Subject;
  readonly permissions: ReadonlySet<Permission>;
  readonly bounds: Bounds;
  /** Null for the platform's own. */
  readonly tenant: KnownTenant | null;
  /** Whether it may be used from this address, as the networks of its bounds say. */
  admits(address: string): boolean;
}

export interface AuthenticationOptions {
  /** Whether the look-up may wait for others, since the caller's address has failed too often. */
  readonly paced: boolean;
}

/** Turns bearer tokens into principals. The guard stands in shared code; the module that keeps the keys fulfils this. */
export abstract class Authenticator {
  /** Undefined for everything that is not genuine and valid now. Throws UnauthenticatedError where the caller may know why. */
  abstract authenticate(token: string, options: AuthenticationOptions): Promise<Principal | undefined>;

  /** Whose this token is, if that was found out a moment ago; told without asking anybody. */
  abstract getCached(token: string): Principal | undefined;

  abstract findTenant(tenantId: string): Promise<KnownTenant | undefined>;
}
