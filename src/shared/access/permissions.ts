/** Permissions within a tenant, in the form `resource:action`. */
export const TENANT_PERMISSIONS = [
  'products:read',
  'products:write',
  'templates:read',
  'templates:write',
  'customers:read',
  'customers:write',
  'licenses:read',
  'licenses:issue',
  'licenses:import',
  'licenses:reveal-key',
  'licenses:rotate-key',
  'licenses:check-out',
  'licenses:write',
  'licenses:renew',
  'licenses:suspend',
  'licenses:revoke',
  'licenses:transfer',
  'licenses:change-template',
  'activations:read',
  'activations:write',
  'devices:block',
  'client:validate',
  'client:activate',
  'client:usage',
  'subscriptions:read',
  'subscriptions:write',
  'subscriptions:ingest',
  'orders:read',
  'orders:write',
  'orders:approve',
  'orders:fulfil',
  'events:read',
  'reports:read',
  'emails:read',
  'emails:send',
  'emails:manage',
  'partners:read',
  'partners:write',
  'partners:approve',
  'api-keys:manage',
  'sessions:manage',
  'signing-keys:read',
  'signing-keys:manage',
  'settings:read',
  'settings:write',
  'workflows:start',
  'workflows:read',
  'workflows:signal',
  'workflows:approve',
  'workflows:cancel',
] as const;

/** Permissions of platform keys only: managing tenants, acting for one, and reading metrics. */
export const PLATFORM_PERMISSIONS = ['tenants:read', 'tenants:write', 'tenants:act-as', 'metrics:read'] as const;

/** All permissions. The list is closed: an unknown name grants nothing. */
export const PERMISSIONS = [...TENANT_PERMISSIONS, ...PLATFORM_PERMISSIONS] as const;

export type TenantPermission = (typeof TENANT_PERMISSIONS)[number];
export type PlatformPermission = (typeof PLATFORM_PERMISSIONS)[number];
export type Permission = (typeof PERMISSIONS)[number];

const READ = [
  'products:read',
  'templates:read',
  'customers:read',
  'licenses:read',
  'activations:read',
  'subscriptions:read',
  'orders:read',
  'events:read',
  'reports:read',
  'emails:read',
  'partners:read',
] as const;

/** Named sets of permissions. A key with a role also gets permissions that a later release adds to the role. */
export const TENANT_ROLES = {
  admin: TENANT_PERMISSIONS,
  issuer: [
    'products:read',
    'templates:read',
    'customers:read',
    'customers:write',
    'licenses:read',
    'licenses:issue',
    'licenses:renew',
    'licenses:change-template',
    'subscriptions:read',
    'subscriptions:write',
    'orders:read',
    'orders:write',
    'orders:fulfil',
  ],
  support: [
    ...READ,
    'workflows:read',
    'customers:write',
    'licenses:reveal-key',
    'licenses:rotate-key',
    'licenses:check-out',
    'licenses:write',
    'licenses:renew',
    'licenses:suspend',
    'licenses:revoke',
    'licenses:transfer',
    'activations:write',
    'devices:block',
    'emails:send',
  ],
  'read-only': READ,
  /** Role of a billing system: it reports what happened, and reads nothing. */
  billing: ['subscriptions:ingest'],
  /** Role of API keys that are embedded in programs, so anybody can read them: client API only, and only with a license key. */
  client: ['client:validate', 'client:activate', 'client:usage'],
  /** Role of API keys that are bound to a partner, each permission for the rows of that partner alone. */
  partner: [
    'customers:read',
    'customers:write',
    'licenses:read',
    'licenses:issue',
    'licenses:import',
    'licenses:renew',
    'licenses:change-template',
    'licenses:transfer',
    'licenses:rotate-key',
    'events:read',
    'partners:read',
  ],
} as const satisfies Record<string, readonly TenantPermission[]>;
export type TenantRole = keyof typeof TENANT_ROLES;

/** Named sets of permissions for platform keys. */
export const PLATFORM_ROLES = {
  platform: PERMISSIONS,
  monitor: ['metrics:read'],
} as const satisfies Record<string, readonly Permission[]>;
export type PlatformRole = keyof typeof PLATFORM_ROLES;

export const ROLES: Readonly<Record<string, readonly Permission[]>> = { ...TENANT_ROLES, ...PLATFORM_ROLES };

/** Stored form of the role `admin` in the first release; the previous release still reads it. */
export const EVERY_PERMISSION = '*';

/** Returns the union of a role and a stored list of permissions; names that this release does not know are left out. */
export function effectivePermissions(role: string | null, stored: readonly string[]): ReadonlySet<Permission> {
  const ofRole = role === null ? [] : (Object.entries(ROLES).find(([name]) => name === role)?.[1] ?? []);
  const ofAdmin = stored.includes(EVERY_PERMISSION) ? TENANT_PERMISSIONS : [];
  return new Set([...ofRole, ...ofAdmin, ...PERMISSIONS.filter((permission) => stored.includes(permission))]);
}

const tenantPermissionsBySet = new WeakMap<ReadonlySet<Permission>, ReadonlySet<Permission>>();

/** Returns the tenant permissions of a set, cached per set, so callers must not change a set. */
export function withinTenant(permissions: ReadonlySet<Permission>): ReadonlySet<Permission> {
  const cached = tenantPermissionsBySet.get(permissions);
  if (cached) return cached;
  const result = new Set(TENANT_PERMISSIONS.filter((permission) => permissions.has(permission)));
  tenantPermissionsBySet.set(permissions, result).set(result, result);
  return result;
}

export function isPlatformRole(role: string): role is PlatformRole {
  return Object.hasOwn(PLATFORM_ROLES, role);
}

export function isPlatformPermission(permission: Permission): permission is PlatformPermission {
  return (PLATFORM_PERMISSIONS as readonly string[]).includes(permission);
}
