import type { ColumnMapping } from './column-mapping.js';

export const MAPPING_NAMES = ['keygen', 'cryptlex', 'licensespring', 'lemon-squeezy'] as const;
export type MappingName = (typeof MAPPING_NAMES)[number];

/** Objects of the API of Keygen, one a line, or their attributes as columns. The template has the id of the policy. */
const KEYGEN: ColumnMapping = {
  columns: {
    license_key: { from: ['attributes.key', 'key'] },
    external_id: 'id',
    license_template_id: { from: ['relationships.policy.data.id', 'policyId', 'policy'] },
    'customer.customer_id': {
      from: ['relationships.owner.data.id', 'relationships.user.data.id', 'userId', 'ownerId'],
    },
    'customer.email': { from: ['owner.email', 'user.email', 'userEmail', 'email'] },
    issued_to: { from: ['attributes.name', 'name'] },
    issued_date: { from: ['attributes.created', 'created'] },
    expiry_date: { from: ['attributes.expiry', 'expiry'] },
    status: {
      from: ['attributes.status', 'status'],
      values: { INACTIVE: 'ACTIVE', EXPIRING: 'ACTIVE', BANNED: 'REVOKED' },
    },
    max_activations: { from: ['attributes.maxMachines', 'maxMachines'], values: { null: null } },
    metadata: { from: ['attributes.metadata', 'metadata'] },
    devices: {
      from: ['machines'],
      items: {
        fingerprint: ['attributes.fingerprint', 'fingerprint'],
        name: ['attributes.name', 'name'],
        hostname: ['attributes.hostname', 'hostname'],
        platform: ['attributes.platform', 'platform'],
        activated_at: ['attributes.created', 'created'],
        last_seen_at: ['attributes.lastHeartbeat', 'lastHeartbeat'],
      },
    },
  },
};

/** Licenses of the web API of Cryptlex, one a line. The template has the id of the license policy, or the product has one template. */
const CRYPTLEX: ColumnMapping = {
  columns: {
    license_key: 'key',
    external_id: 'id',
    license_template_id: { from: ['licenseTemplateId', 'licensePolicyId'] },
    product_id: { from: ['productId', 'product.id'] },
    'customer.customer_id': { from: ['user.id', 'userId'] },
    'customer.email': { from: ['user.email', 'email'] },
    'customer.first_name': { from: ['user.firstName', 'firstName'] },
    'customer.last_name': { from: ['user.lastName', 'lastName'] },
    'customer.company_name': { from: ['user.company', 'organization.name', 'company'] },
    issued_date: 'createdAt',
    expiry_date: 'expiresAt',
    status: {
      from: 'status',
      when: [
        ['revoked', 'true', 'REVOKED'],
        ['suspended', 'true', 'SUSPENDED'],
      ],
      values: { active: 'ACTIVE', expired: 'EXPIRED' },
    },
    max_activations: { from: 'allowedActivations', values: { '-1': null, '0': null } },
    metadata: 'metadata',
    devices: {
      from: 'activations',
      items: {
        fingerprint: 'fingerprint',
        hostname: 'hostname',
        platform: 'os',
        activated_at: 'createdAt',
        last_seen_at: 'lastSyncedAt',
      },
    },
  },
};

/** Licenses of LicenseSpring, one a line, with the customer of their order. */
const LICENSE_SPRING: ColumnMapping = {
  columns: {
    license_key: 'license_key',
    external_id: 'id',
    product_id: { from: ['product.short_code', 'product_short_code', 'product'] },
    'customer.email': { from: ['customer.email', 'customer_email'] },
    'customer.first_name': { from: ['customer.first_name', 'first_name'] },
    'customer.last_name': { from: ['customer.last_name', 'last_name'] },
    'customer.company_name': { from: ['customer.company_name', 'company_name'] },
    issued_date: { from: ['created_at', 'date_created'] },
    expiry_date: 'validity_period',
    status: {
      from: ['status', 'license_status'],
      values: { Active: 'ACTIVE', Inactive: 'ACTIVE', Disabled: 'SUSPENDED', Expired: 'EXPIRED' },
    },
    trial: 'is_trial',
    max_activations: { from: 'max_activations', values: { '0': null } },
    'metadata.order_store_id': 'order_store_id',
    devices: {
      from: 'devices',
      items: {
        fingerprint: 'hardware_id',
        hostname: 'hostname',
        platform: 'os_version',
        activated_at: 'time_activated',
        last_seen_at: 'time_last_check',
      },
    },
  },
};

/** License keys of the API of Lemon Squeezy, one a line, or their attributes as columns. The product has one template. */
const LEMON_SQUEEZY: ColumnMapping = {
  columns: {
    license_key: { from: ['attributes.key', 'key'] },
    external_id: 'id',
    product_id: { from: ['attributes.product_id', 'product_id'] },
    'customer.customer_id': { from: ['attributes.customer_id', 'customer_id'] },
    'customer.email': { from: ['attributes.user_email', 'user_email'] },
    'customer.last_name': { from: ['attributes.user_name', 'user_name'] },
    issued_date: { from: ['attributes.created_at', 'created_at'] },
    expiry_date: { from: ['attributes.expires_at', 'expires_at'] },
    status: {
      from: ['attributes.status', 'status'],
      values: { inactive: 'ACTIVE', active: 'ACTIVE', expired: 'EXPIRED', disabled: 'SUSPENDED' },
    },
    max_activations: { from: ['attributes.activation_limit', 'activation_limit'], values: { null: null } },
    'metadata.order_id': { from: ['attributes.order_id', 'order_id'] },
    devices: {
      from: ['instances'],
      items: {
        fingerprint: ['attributes.identifier', 'identifier', 'id'],
        name: ['attributes.name', 'name'],
        activated_at: ['attributes.created_at', 'created_at'],
      },
    },
  },
};

/** Ready mappings, by the name that requests and `npm run import` give. docs/migrate/ has a sample of each. */
export const COLUMN_MAPPINGS: Readonly<Record<MappingName, ColumnMapping>> = {
  keygen: KEYGEN,
  cryptlex: CRYPTLEX,
  licensespring: LICENSE_SPRING,
  'lemon-squeezy': LEMON_SQUEEZY,
};
