import { describe, expect, it } from '@jest/globals';
import { effectivePermissions, TENANT_PERMISSIONS, withinTenant } from './permissions.js';

describe('permissions', () => {
  it('are those of the role and of the list together', () => {
    expect([...effectivePermissions('read-only', ['licenses:issue'])]).toEqual([
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
      'licenses:issue',
    ]);
  });

  it('of a billing system let it report events of subscriptions, and nothing else', () => {
    expect([...effectivePermissions('billing', [])]).toEqual(['subscriptions:ingest']);
  });

  it.each(['owner', 'constructor', '__proto__', ''])('are none for the unknown role %j', (role) => {
    expect(effectivePermissions(role, ['licenses:everything', 'LICENSES:READ']).size).toBe(0);
  });

  it('of a tenant never reach to the platform', () => {
    expect([...effectivePermissions('admin', ['*'])]).toEqual([...TENANT_PERMISSIONS]);
    expect([...withinTenant(effectivePermissions('platform', []))]).toEqual([...TENANT_PERMISSIONS]);
  });
});
