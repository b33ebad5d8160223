import { TENANT_PERMISSIONS, withinTenant, type Permission, type TenantPermission } from './permissions.js';
import { assertTenantId } from '../tenant-id.js';
import { assertPartnerId, type TenantScope } from '../tenant-scope.js';

export const SUBJECT_TYPES = ['api_key', 'platform_key', 'user', 'license_key', 'service'] as const;
export const SUBJECT_VIAS = ['rest', 'bus'] as const;

/** Identity of an actor and the interface it used; stored in every event. A `service` is a module of this process. */
export interface Subject {
  readonly type: (typeof SUBJECT_TYPES)[number];
  /** Id of the API key, user (`sub` of the token) or license, or the name of the service. */
  readonly id: string;
  readonly via: (typeof SUBJECT_VIAS)[number];
  /** Identity provider of a user: `iss` of the token. */
  readonly issuer?: string;
  /** Tenant that a platform key acts for. */
  readonly acting_for?: string;
  /** Run of a workflow that a service acts in. */
  readonly run_id?: string;
}

/** Networks and end time of a credential. A credential that it creates must not exceed them. */
export interface Bounds {
  /** Address ranges; an empty list allows every address. */
  readonly networks: readonly string[];
  /** End time; null never expires. */
  readonly expiresAt: Date | null;
}

/** Bounds of services and users. The end of a token is no bound, since API keys that a user creates outlive the session. */
export const UNBOUNDED: Bounds = { networks: [], expiresAt: null };

/**
 * Principal that acts for exactly one tenant; first argument of every command and query. The tenant comes from the credential, or from
 * X-Tenant-Id if the credential is a platform key that may act for tenants. The actor of a partner's API key reaches only its rows.
 */
export class Actor implements TenantScope {
  constructor(
    readonly tenantId: string,
    readonly subject: Subject,
    readonly permissions: ReadonlySet<Permission>,
    readonly bounds: Bounds = UNBOUNDED,
    readonly partnerId?: string,
  ) {
    assertTenantId(tenantId);
    if (partnerId !== undefined) assertPartnerId(partnerId);
  }

  /** Returns the actor of a program that sent the license key; it has no permissions beyond the client API. */
  static forLicenseKey(tenantId: string, licenseId: string): Actor {
    return new Actor(tenantId, { type: 'license_key', id: licenseId, via: 'rest' }, new Set());
  }

  /** Returns the actor of a module of this process, with these tenant permissions or all; tenant isolation still applies. */
  static service(name: string, tenantId: string, permissions: readonly TenantPermission[] = TENANT_PERMISSIONS): Actor {
    return new Actor(tenantId, { type: 'service', id: name, via: 'bus' }, new Set(permissions));
  }

  /** Returns the actor of a step of a run, with the permissions that the step names. */
  static workflowRun(
    workflow: string,
    tenantId: string,
    runId: string,
    permissions: readonly TenantPermission[],
  ): Actor {
    const { subject, ...service } = Actor.service(`workflow:${workflow}`, tenantId, permissions);
    return new Actor(tenantId, { ...subject, run_id: runId }, service.permissions);
  }

  /** Owner of idempotency keys. Includes the issuer, because subjects of different issuers may have the same id. */
  get principal(): string[] {
    const { type, issuer = '', id } = this.subject;
    return [type, issuer, id];
  }

  may(permission: Permission): boolean {
    return this.permissions.has(permission);
  }
}

/** Principal of the platform, which belongs to no tenant. Changes of a tenant are made by the actor that `actFor` returns. */
export class PlatformActor {
  constructor(
    readonly subject: Subject,
    readonly permissions: ReadonlySet<Permission>,
    readonly bounds: Bounds = UNBOUNDED,
  ) {}

  /** Returns the actor for a tenant. Throws TypeError if the tenant id is malformed. */
  actFor(tenantId: string): Actor {
    const subject = { ...this.subject, acting_for: tenantId };
    return new Actor(tenantId, subject, withinTenant(this.permissions), this.bounds);
  }
}
