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
  'licenses:check-out',
  'licenses:write',
  'licenses:renew',
  'licenses:suspend',
  'licenses:revoke',
  'licenses:transfer',
  'licenses:change-template',
  'activations:read',
  'activations:write',
  'client:validate',
  'client:activate',
  'client:usage',
  'events:read',
  'api-keys:manage',
  'signing-keys:read',
  'signing-keys:manage',
  'settings:read',
  'settings:write',
] as const;

/** What only a platform key can be allowed: to manage tenants, to act for one, and to watch the server. */
export const PLATFORM_PERMISSIONS = ['tenants:read', 'tenants:write', 'tenants:act-as', 'metrics:read'] as const;

/** Everything. The list is closed: an unknown word grants nothing. */
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
  'events:read',
] as const;

/** Named bundles. A key that has a role gets what a later release adds to it. */
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
  ],
  support: [
    ...READ,
    'customers:write',
    'licenses:reveal-key',
    'licenses:check-out',
    'licenses:write',
    'licenses:renew',
    'licenses:suspend',
    'licenses:revoke',
    'licenses:transfer',
    'activations:write',
  ],
  'read-only': READ,
  /** Of keys that stand in programs for everybody to read: good for the client API alone, and only with a license key. */
  client: ['client:validate', 'client:activate', 'client:usage'],
} as const satisfies Record<string, readonly TenantPermission[]>;
export type TenantRole = keyof typeof TENANT_ROLES;

/** The same for keys of the platform. */
export const PLATFORM_ROLES = {
  platform: PERMISSIONS,
  monitor: ['metrics:read'],
} as const satisfies Record<string, readonly Permission[]>;
export type PlatformRole = keyof typeof PLATFORM_ROLES;

export const ROLES: Readonly<Record<string, readonly Permission[]>> = { ...TENANT_ROLES, ...PLATFORM_ROLES };

/** How the first release wrote down the role `admin`; the release before this one still reads it. */
export const EVERY_PERMISSION = '*';

/** What a role and a stored list come to together. Words this release does not know are left out. */
export function effectivePermissions(role: string | null, stored: readonly string[]): ReadonlySet<Permission> {
  const bundle = role === null ? [] : (Object.entries(ROLES).find(([name]) => name === role)?.[1] ?? []);
  const everything = stored.includes(EVERY_PERMISSION) ? TENANT_PERMISSIONS : [];
  return new Set([...bundle, ...everything, ...PERMISSIONS.filter((permission) => stored.includes(permission))]);
}

const narrowed = new WeakMap<ReadonlySet<Permission>, ReadonlySet<Permission>>();

/** The part that counts within a tenant: what a tenant's own key may ever hold. Made once for each set, which never changes. */
export function withinTenant(permissions: ReadonlySet<Permission>): ReadonlySet<Permission> {
  const known = narrowed.get(permissions);
  if (known) return known;
  const within = new Set(TENANT_PERMISSIONS.filter((permission) => permissions.has(permission)));
  narrowed.set(permissions, within).set(within, within);
  return within;
}

export function isPlatformRole(role: string): role is PlatformRole {
  return Object.hasOwn(PLATFORM_ROLES, role);
}

export function isPlatformPermission(permission: Permission): permission is PlatformPermission {
  return (PLATFORM_PERMISSIONS as readonly string[]).includes(permission);
}
