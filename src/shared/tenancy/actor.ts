import { PERMISSIONS, type Permission } from './permissions.js';
import { assertTenantId } from './tenant-id.js';

/** Who acts: an API key, a person, or a module of this process; and by which door. It stands in every event. */
export interface Subject {
  readonly type: 'api_key' | 'user' | 'service';
  readonly id: string;
  readonly via: 'rest' | 'bus';
}

/**
 * On whose behalf a message is sent: the first argument of every command and query. The tenant is taken from the
 * credential and never from a request. There is no actor without a tenant.
 */
export class Actor {
  constructor(
    readonly tenantId: string,
    readonly subject: Subject,
    readonly permissions: ReadonlySet<Permission>,
  ) {
    assertTenantId(tenantId);
  }

  /** A module of this process, which the bus trusts for permissions; the tenant still bounds what it reaches. */
  static service(name: string, tenantId: string): Actor {
    return new Actor(tenantId, { type: 'service', id: name, via: 'bus' }, new Set(PERMISSIONS));
  }

  may(permission: Permission): boolean {
    return this.permissions.has(permission);
  }
}
