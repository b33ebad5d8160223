/** What a caller can be allowed within a tenant, in the form `resource:action`. */
export const TENANT_PERMISSIONS = [
  'products:read',
  'products:write',
  'templates:read',
  'templates:write',
  'customers:read',
  'customers:write',
  'licenses:read',
  'licenses:issue',
  'licenses:reveal-key',
  'events:read',
  'api-keys:manage',
  'settings:read',
  'settings:write',
] as const;

/** What only a platform key can be allowed: to manage tenants, and to act for one. */
export const PLATFORM_PERMISSIONS = ['tenants:read', 'tenants:write', 'tenants:act-as'] as const;

/** Everything. The list is closed: an unknown word grants nothing. */
export const PERMISSIONS = [...TENANT_PERMISSIONS, ...PLATFORM_PERMISSIONS] as const;

export type TenantPermission = (typeof TENANT_PERMISSIONS)[number];
export type PlatformPermission = (typeof PLATFORM_PERMISSIONS)[number];
export type Permission = (typeof PERMISSIONS)[number];

const READ = ['products:read', 'templates:read', 'customers:read', 'licenses:read', 'events:read'] as const;

/** Named bundles. A key that has a role gets what a later release adds to it. */
export const TENANT_ROLES = {
  admin: TENANT_PERMISSIONS,
  issuer: ['products:read', 'templates:read', 'customers:read', 'customers:write', 'licenses:read', 'licenses:issue'],
  support: [...READ, 'customers:write', 'licenses:reveal-key'],
  'read-only': READ,
} as const satisfies Record<string, readonly TenantPermission[]>;
export type TenantRole = keyof typeof TENANT_ROLES;

/** Those of tenants, and the one of the platform. */
export const ROLES: Readonly<Record<string, readonly Permission[]>> = { ...TENANT_ROLES, platform: PERMISSIONS };
export const PLATFORM_ROLE = 'platform';

/** How the first release wrote down the role `admin`; the release before this one still reads it. */
export const EVERY_PERMISSION = '*';

/** What a role and a stored list come to together. Words this release does not know are left out. */
export function effectivePermissions(role: string | null, stored: readonly string[]): ReadonlySet<Permission> {
  const bundle = role === null ? [] : (Object.entries(ROLES).find(([name]) => name === role)?.[1] ?? []);
  const everything = stored.includes(EVERY_PERMISSION) ? TENANT_PERMISSIONS : [];
  return new Set([...bundle, ...everything, ...PERMISSIONS.filter((permission) => stored.includes(permission))]);
}

/** The part that counts within a tenant: what a tenant's own key may ever hold. */
export function withinTenant(permissions: ReadonlySet<Permission>): ReadonlySet<Permission> {
  return new Set(TENANT_PERMISSIONS.filter((permission) => permissions.has(permission)));
}

export function isPlatformPermission(permission: Permission): permission is PlatformPermission {
  return (PLATFORM_PERMISSIONS as readonly string[]).includes(permission);
}
