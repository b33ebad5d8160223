import { describe, expect, it } from '@jest/globals';
import { effectivePermissions, PLATFORM_ROLES, TENANT_PERMISSIONS, TENANT_ROLES, withinTenant } from './permissions.js';

/** Actions of each role by resource, as they are granted: a change of a role is a change here. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  admin: {
    products: 'read write',
    templates: 'read write',
    customers: 'read write',
    licenses: 'read issue import reveal-key rotate-key check-out write renew suspend revoke transfer change-template',
    activations: 'read write',
    devices: 'block',
    client: 'validate activate usage',
    subscriptions: 'read write ingest',
    orders: 'read write approve fulfil',
    events: 'read',
    reports: 'read',
    emails: 'read send manage',
    partners: 'read write approve',
    'api-keys': 'manage',
    sessions: 'manage',
    'signing-keys': 'read manage',
    settings: 'read write',
    workflows: 'start read signal approve cancel',
  },
  issuer: {
    products: 'read',
    templates: 'read',
    customers: 'read write',
    licenses: 'read issue renew change-template',
    subscriptions: 'read write',
    orders: 'read write fulfil',
  },
  support: {
    products: 'read',
    templates: 'read',
    customers: 'read write',
    licenses: 'read reveal-key rotate-key check-out write renew suspend revoke transfer',
    activations: 'read write',
    subscriptions: 'read',
    orders: 'read',
    events: 'read',
    reports: 'read',
    emails: 'read send',
    partners: 'read',
    workflows: 'read',
    devices: 'block',
  },
  'read-only': {
    products: 'read',
    templates: 'read',
    customers: 'read',
    licenses: 'read',
    activations: 'read',
    subscriptions: 'read',
    orders: 'read',
    events: 'read',
    reports: 'read',
    emails: 'read',
    partners: 'read',
  },
  billing: {
    subscriptions: 'ingest',
  },
  client: {
    client: 'validate activate usage',
  },
  partner: {
    customers: 'read write',
    licenses: 'read issue import renew change-template transfer rotate-key',
    events: 'read',
    partners: 'read',
  },
  platform: {
    products: 'read write',
    templates: 'read write',
    customers: 'read write',
    licenses: 'read issue import reveal-key rotate-key check-out write renew suspend revoke transfer change-template',
    activations: 'read write',
    devices: 'block',
    client: 'validate activate usage',
    subscriptions: 'read write ingest',
    orders: 'read write approve fulfil',
    events: 'read',
    reports: 'read',
    emails: 'read send manage',
    partners: 'read write approve',
    'api-keys': 'manage',
    sessions: 'manage',
    'signing-keys': 'read manage',
    settings: 'read write',
    workflows: 'start read signal approve cancel',
    tenants: 'read write act-as',
    metrics: 'read',
  },
  monitor: {
    metrics: 'read',
  },
};

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

  it.each(Object.entries({ ...TENANT_ROLES, ...PLATFORM_ROLES }))(
    'of the role %s are those of the table',
    (role, granted) => {
      const actions: Record<string, string[]> = {};
      for (const permission of granted) {
        const [resource = '', action = ''] = permission.split(':');
        (actions[resource] ??= []).push(action);
      }
      const written = Object.entries(actions).map(([resource, names]) => [resource, names.join(' ')]);
      expect(Object.fromEntries(written)).toEqual(TABLE[role]);
    },
  );

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
