import { ROLES } from './shared/access/permissions.js';
import { EXAMPLES } from './shared/examples.js';

const TIME = '2026-11-23T12:00:00.000Z';
const YEAR_LATER = '2027-11-23T12:00:00.000Z';
const WEEK_LATER = '2026-11-30T12:00:00.000Z';
const stamps = { created_at: TIME, updated_at: TIME };
const tenant = { tenant_id: EXAMPLES.tenantId };

const radius = { feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' };
const exports = { feature_id: EXAMPLES.featureId, feature_name: 'Exports' };
const unlimited = { enabled: true, expires_at: null, limit_type: null, limit_value: null };
const limited = { enabled: true, expires_at: null, limit_type: 'COUNT', limit_value: 1000, reset_period: 'MONTH' };
const entitlements = [
  { ...radius, ...unlimited, available: true, reset_period: null, used: 0, remaining: null, resets_at: null },
  { ...exports, ...limited, available: true, used: 41, remaining: 959, resets_at: '2026-12-01T00:00:00.000Z' },
];
/** Terms that templates and licenses have in common. */
const rules = {
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_SEAT',
  default_duration: 365,
  auto_renewal_enabled: false,
  grace_period_days: 30,
  overage_policy: 'DENY',
  overage_factor: null,
  eviction_policy: 'NONE',
  heartbeat_interval_seconds: 300,
  heartbeat_grace_seconds: 300,
  file_ttl_max_seconds: null,
};
const professional = {
  max_activations: 5,
  features: [{ ...radius, ...unlimited }],
  restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
  pricing: { monthly: 299, annual: 2990 },
};
const team = {
  max_activations: 25,
  features: [
    { ...radius, ...unlimited },
    { ...exports, ...limited },
  ],
  restrictions: [],
  pricing: { annual: 990 },
};

const clientLicense = {
  license_id: EXAMPLES.licenseId,
  product_id: EXAMPLES.productId,
  product_name: 'License for Team License, yearly',
  product_display_name: 'ISP Professional',
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_SEAT',
  status: 'ACTIVE',
  trial: false,
  issued_to: 'John Doe',
  issued_date: TIME,
  expiry_date: YEAR_LATER,
  grace_ends_at: '2027-12-23T12:00:00.000Z',
  maintenance_expiry: YEAR_LATER,
  max_activations: 25,
  current_activations: 1,
};
const licenseSummary = {
  ...clientLicense,
  customer_id: EXAMPLES.customerId,
  template_id: EXAMPLES.openTemplateId,
  ...tenant,
  license_key_last_four: EXAMPLES.licenseKey.slice(-4),
  template_version: 1,
  ...rules,
  in_grace: false,
  anchor_day: null,
  files_until: null,
  order_id: null,
  subscription_id: null,
  partner_id: null,
  pool_id: null,
  version: 1,
  ...stamps,
};
const license = { ...licenseSummary, ...team, metadata: { sample: true } };
const issuedLicense = {
  license_key: EXAMPLES.licenseKey,
  license_id: EXAMPLES.licenseId,
  customer_id: EXAMPLES.customerId,
  template_id: EXAMPLES.openTemplateId,
  ...tenant,
  product_id: EXAMPLES.productId,
  product_name: clientLicense.product_name,
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_SEAT',
  status: 'ACTIVE',
  issued_to: 'John Doe',
  issued_date: TIME,
  expiry_date: YEAR_LATER,
  max_activations: 25,
  current_activations: 0,
};
const activation = {
  activation_id: EXAMPLES.activationId,
  ...tenant,
  license_id: EXAMPLES.licenseId,
  fingerprint: EXAMPLES.fingerprint,
  user_id: null,
  units: 1,
  activation_type: 'ONLINE',
  status: 'ACTIVE',
  name: 'Front desk',
  hostname: null,
  platform: null,
  version: null,
  ip_address: null,
  metadata: {},
  first_seen_at: TIME,
  last_seen_at: TIME,
  lease_expires_at: null,
  lent_until: null,
  ended_at: null,
  created_at: TIME,
};
const validation = {
  valid: true,
  code: 'VALID',
  detail: 'The license is valid.',
  next: { action: 'none' },
  reasons: [],
  license: clientLicense,
  activation,
  entitlements,
  server_time: TIME,
};
const apiKey = {
  id: EXAMPLES.apiKeyId,
  ...tenant,
  name: 'Sample',
  role: 'read-only',
  permissions: ROLES['read-only'],
  networks: [],
  key_prefix: 'imp_wAvA',
  expires_at: null,
  revoked_at: null,
  previous_expires_at: null,
  last_used_at: null,
  version: 1,
  ...stamps,
};
const publicKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: 'O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik',
  kid: EXAMPLES.kid,
  use: 'sig',
  alg: 'EdDSA',
};
/** A signed document; its base64 text is shortened. */
const pem = (label: string, text: string) =>
  `-----BEGIN IMPRIMATUR ${label}-----\n${text}…\n-----END IMPRIMATUR ${label}-----\n`;

/** Example of each response schema, by the name of its component: the rows that the sample data creates. */
export const RESPONSE_EXAMPLES: Readonly<Record<string, object>> = {
  Caller: { type: 'api_key', id: EXAMPLES.apiKeyId, issuer: null, ...tenant, permissions: ROLES['read-only'] },
  ApiKey: apiKey,
  IssuedApiKey: { ...apiKey, api_key: 'imp_wAvAJkE8H6hO6WtCDqQMOig5Ccmnl4Wj2VKCHj' },
  Tenant: { ...tenant, status: 'ACTIVE', require_if_match: false, requests_per_minute: null, version: 1, ...stamps },
  Product: {
    product_id: EXAMPLES.productId,
    ...tenant,
    name: 'ISP Professional',
    sku: 'ISP-PRO',
    description: null,
    active: true,
    metadata: {},
    version: 1,
    ...stamps,
  },
  LicenseTemplate: {
    template_id: EXAMPLES.templateId,
    ...tenant,
    template_name: 'Professional ISP License',
    product_id: EXAMPLES.productId,
    description: null,
    ...rules,
    ...professional,
    trial_allowed: false,
    trial_duration_days: 30,
    active: true,
    metadata: {},
    version: 1,
    ...stamps,
  },
  Customer: {
    customer_id: EXAMPLES.customerId,
    ...tenant,
    first_name: 'John',
    last_name: 'Doe',
    email: null,
    company_name: null,
    active: true,
    metadata: {},
    version: 1,
    ...stamps,
  },
  IssuedLicense: issuedLicense,
  License: license,
  LicenseOnOtherTerms: {
    ...license,
    template_id: EXAMPLES.templateId,
    product_name: 'License for Professional ISP License',
    ...professional,
    version: 3,
    replaced: { max_activations: { before: 10, after: 5 } },
  },
  RevealedLicenseKey: { license_id: EXAMPLES.licenseId, license_key: EXAMPLES.licenseKey },
  BatchIssueResult: { line: 1, status: 201, license: issuedLicense },
  BatchActionResult: { line: 1, status: 200, license: licenseSummary },
  Activation: activation,
  SigningKey: {
    kid: EXAMPLES.kid,
    ...tenant,
    state: 'REVOKED',
    public_key: publicKey,
    activated_at: null,
    retired_at: null,
    revoked_at: TIME,
    published_until: TIME,
    version: 2,
    ...stamps,
  },
  KeySet: { keys: [publicKey] },
  LicenseFile: {
    license_id: EXAMPLES.licenseId,
    customer_id: EXAMPLES.customerId,
    activation_id: EXAMPLES.activationId,
    kid: EXAMPLES.kid,
    issued_at: TIME,
    refresh_at: '2026-11-27T00:00:00.000Z',
    expires_at: WEEK_LATER,
    license_file: pem('LICENSE FILE', 'TI6C+N9a4TDTfNe7LUbPdyBO4gbx'),
  },
  RevocationList: {
    number: 1,
    issued_at: TIME,
    next_update: WEEK_LATER,
    revocation_list: pem('REVOCATION LIST', 'atOTCpj8eVUl4SN4V0sGKqVx0IHg'),
  },
  ValidateResponse: validation,
  ExplainResponse: validation,
  Entitlements: { license_id: EXAMPLES.licenseId, entitlements, server_time: TIME },
  FeatureUsage: { license_id: EXAMPLES.licenseId, entitlement: entitlements[1] },
  LicenseEvent: {
    seq: 7,
    id: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d52',
    event_type: 'license.created',
    license_id: EXAMPLES.licenseId,
    resource_type: 'license',
    resource_id: EXAMPLES.licenseId,
    resource_seq: 1,
    event_data: { product_id: EXAMPLES.productId, license_type: 'SUBSCRIPTION', issued_to: 'John Doe' },
    ...tenant,
    user_id: null,
    actor: { type: 'service', id: 'bootstrap', via: 'bus' },
    metadata: { operation: 'licenses.issue' },
    created_at: TIME,
  },
  Health: { status: 'ok', info: { database: { status: 'up' } }, error: {}, details: { database: { status: 'up' } } },
};
