import { TENANT_PERMISSIONS, withinTenant, type Permission } from './permissions.js';
import { assertTenantId } from '../tenant-id.js';

export const SUBJECT_TYPES = ['api_key', 'platform_key', 'user', 'license_key', 'service'] as const;
export const SUBJECT_VIAS = ['rest', 'bus'] as const;

/** Who acts: an API key, a person, a program with a license key, or a module of this process; and by which door. It stands in every event. */
export interface Subject {
  readonly type: (typeof SUBJECT_TYPES)[number];
  /** Of the key, the person (`sub` of the token), the license or the module. */
  readonly id: string;
  readonly via: (typeof SUBJECT_VIAS)[number];
  /** Who vouches for a person: `iss` of the token. */
  readonly issuer?: string;
  /** The tenant that a platform key acts for. */
  readonly acting_for?: string;
}

/** From where and until when a credential can be used: what it grants must lie within. */
export interface Bounds {
  /** Address ranges; none means everywhere. */
  readonly networks: readonly string[];
  /** Null never expires. */
  readonly expiresAt: Date | null;
}

/** Of modules of this process, and of people: a token ends with a session, and not what the person decided in it. */
export const UNBOUNDED: Bounds = { networks: [], expiresAt: null };

/**
 * On whose behalf a message is sent: the first argument of every command and query. The tenant is taken from the
 * credential and never from a request. There is no actor without a tenant.
 */
export class Actor {
  constructor(
    readonly tenantId: string,
    readonly subject: Subject,
    readonly permissions: ReadonlySet<Permission>,
    readonly bounds: Bounds = UNBOUNDED,
  ) {
    assertTenantId(tenantId);
  }

  /** A program that has the key of this license, and so may do for it what the client API offers. */
  static forLicenseKey(tenantId: string, licenseId: string): Actor {
    return new Actor(tenantId, { type: 'license_key', id: licenseId, via: 'rest' }, new Set());
  }

  /** A module of this process, which the bus trusts for permissions; the tenant still bounds what it reaches. */
  static service(name: string, tenantId: string): Actor {
    return new Actor(tenantId, { type: 'service', id: name, via: 'bus' }, new Set(TENANT_PERMISSIONS));
  }

  /** Who remembers idempotency keys: two subjects of the same name at different issuers are two. */
  get principal(): string[] {
    const { type, issuer = '', id } = this.subject;
    return [type, issuer, id];
  }

  may(permission: Permission): boolean {
    return this.permissions.has(permission);
  }
}

/** Who manages tenants and belongs to none. What it does to a tenant, or for one, it does as that tenant's actor. */
export class PlatformActor {
  constructor(
    readonly subject: Subject,
    readonly permissions: ReadonlySet<Permission>,
    readonly bounds: Bounds = UNBOUNDED,
  ) {}

  /** Throws TypeError unless this is the form of a tenant's id. */
  actFor(tenantId: string): Actor {
    const subject = { ...this.subject, acting_for: tenantId };
    return new Actor(tenantId, subject, withinTenant(this.permissions), this.bounds);
  }
}
