/** Everything a caller can be allowed, in the form `resource:action`. The list is closed: an unknown word grants nothing. */
export const PERMISSIONS = [
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
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Stands for every permission, those of later releases too. Only a tenant's admin key holds it. */
export const EVERY_PERMISSION = '*';

/** The permissions that a stored list means. Words this release does not know are left out. */
export function expandPermissions(stored: readonly string[]): ReadonlySet<Permission> {
  const everything = stored.includes(EVERY_PERMISSION);
  return new Set(PERMISSIONS.filter((permission) => everything || stored.includes(permission)));
}
