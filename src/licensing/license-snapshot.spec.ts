import { describe, expect, it } from '@jest/globals';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { License } from './license.entity.js';

const NOW = new Date('2026-06-15T12:00:00.000Z');

/** Every column of a license, with a value of its own. */
const ALL_FIELDS = {
  tenantId: 'tenant-1',
  licenseId: '0194e225-02cb-7526-8e51-7dcc3944e9a5',
  licenseKeySealed: Buffer.from('sealed'),
  licenseKeyLastFour: 'WXYZ',
  customerId: 'customer-1',
  templateId: 'template-1',
  templateVersion: 7,
  productId: 'product-1',
  productName: 'License for T',
  licenseType: 'CONCURRENT',
  licenseModel: 'PER_CORE',
  status: 'SUSPENDED',
  issuedTo: 'Jane Roe',
  issuedDate: new Date('2026-01-31T08:00:00.000Z'),
  expiryDate: new Date('2027-01-31T08:00:00.123Z'),
  maintenanceExpiry: new Date('2026-07-31T08:00:00.000Z'),
  anchorDay: 31,
  defaultDuration: 365,
  defaultTerm: { months: 1 },
  gracePeriodDays: 14,
  autoRenewalEnabled: true,
  maxActivations: 25,
  currentActivations: 3,
  overagePolicy: 'ALLOW',
  overageFactor: 1.5,
  evictionPolicy: 'OLDEST',
  heartbeatIntervalSeconds: 300,
  heartbeatGraceSeconds: 60,
  fileTtlMaxSeconds: 604_800,
  deactivationsPerPeriod: { limit: 3, period: 'MONTH' },
  selfServiceReplacement: true,
  blockedDevices: 2,
  features: [{ feature_id: 'f', feature_name: 'F', limit_value: 5, limit_type: null, enabled: true, expires_at: null }],
  restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' }],
  pricing: { monthly: 299 },
  metadata: { order: 'o-1' },
  trial: true,
  trialCustomerId: 'customer-1',
  trialProductId: 'product-1',
  editedTerms: ['max_activations'],
  overrides: { max_activations: 25 },
  startsAt: new Date('2026-02-01T00:00:00.000Z'),
  awaitedStart: { trial_term: { days: 14 } },
  nextDueAt: new Date('2027-01-24T08:00:00.000Z'),
  externalId: 'old-1',
  filesValidUntil: new Date('2026-02-28T08:00:00.000Z'),
  orderId: '0194e225-02cb-7526-8e51-7dcc3944e9b1',
  subscriptionId: '0194e225-02cb-7526-8e51-7dcc3944e9b2',
  heldBySubscription: true,
  partnerId: '0194e225-02cb-7526-8e51-7dcc3944e9b3',
  poolId: '0194e225-02cb-7526-8e51-7dcc3944e9b4',
  version: 9,
  createdAt: new Date('2026-01-31T08:00:00.000Z'),
  updatedAt: new Date('2026-05-31T08:00:00.000Z'),
} as const;

/** Members of an event's `before` and `after`, as programs read them in the event log. */
const SNAPSHOT = {
  status: 'SUSPENDED',
  trial: true,
  customer_id: 'customer-1',
  issued_to: 'Jane Roe',
  license_key_last_four: 'WXYZ',
  template_id: 'template-1',
  template_version: 7,
  product_name: 'License for T',
  license_type: 'CONCURRENT',
  license_model: 'PER_CORE',
  expiry_date: '2027-01-31T08:00:00.123Z',
  maintenance_expiry: '2026-07-31T08:00:00.000Z',
  anchor_day: 31,
  default_duration: 365,
  default_term: { months: 1 },
  grace_period_days: 14,
  auto_renewal_enabled: true,
  max_activations: 25,
  overage_policy: 'ALLOW',
  overage_factor: 1.5,
  eviction_policy: 'OLDEST',
  heartbeat_interval_seconds: 300,
  heartbeat_grace_seconds: 60,
  file_ttl_max_seconds: 604_800,
  deactivations_per_period: { limit: 3, period: 'MONTH' },
  self_service_replacement: true,
  features: [{ feature_id: 'f', feature_name: 'F', limit_value: 5, limit_type: null, enabled: true, expires_at: null }],
  restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' }],
  pricing: { monthly: 299 },
  metadata: { order: 'o-1' },
  overrides: { max_activations: 25 },
  starts_at: '2026-02-01T00:00:00.000Z',
  awaited_start: { trial_term: { days: 14 } },
  subscription_id: '0194e225-02cb-7526-8e51-7dcc3944e9b2',
  held_by_subscription: true,
  pool_id: '0194e225-02cb-7526-8e51-7dcc3944e9b4',
};

const licenseWith = (fields: object) => Object.assign(new License(), fields);

describe('the snapshot of a license', () => {
  it('has every changeable field by its wire name', () => {
    expect(Object.keys(ALL_FIELDS).sort()).toEqual(
      columnsOf(License)
        .map(({ property }) => property)
        .sort(),
    );
    expect(licenseWith(ALL_FIELDS).snapshot(NOW)).toEqual(SNAPSHOT);
  });

  it('has null for what the license has not', () => {
    const never = { expiryDate: null, maintenanceExpiry: null, anchorDay: null, defaultDuration: null };
    expect(licenseWith({ ...ALL_FIELDS, ...never, maxActivations: null }).snapshot(NOW)).toEqual({
      ...SNAPSHOT,
      expiry_date: null,
      maintenance_expiry: null,
      anchor_day: null,
      default_duration: null,
      max_activations: null,
    });
  });

  it('restores the license that it was taken of, and nothing that no action changes', () => {
    const license = licenseWith({
      ...ALL_FIELDS,
      ...{ status: 'REVOKED', trial: false, customerId: 'c', issuedTo: 'n', templateId: 't', templateVersion: 8 },
      ...{ productName: 'p', licenseType: 'PERPETUAL', licenseModel: 'PER_SEAT', expiryDate: null, anchorDay: null },
      ...{
        maintenanceExpiry: null,
        defaultDuration: null,
        defaultTerm: null,
        gracePeriodDays: 0,
        autoRenewalEnabled: false,
      },
      ...{ maxActivations: null, overagePolicy: 'DENY', overageFactor: null, evictionPolicy: 'NONE' },
      ...{ heartbeatIntervalSeconds: 1, heartbeatGraceSeconds: 1, fileTtlMaxSeconds: null, features: [] },
      ...{
        restrictions: [],
        pricing: {},
        metadata: {},
        overrides: null,
        subscriptionId: null,
        heldBySubscription: false,
      },
      ...{ deactivationsPerPeriod: null, selfServiceReplacement: false },
    });
    license.revert(SNAPSHOT);
    expect(license).toEqual(licenseWith(ALL_FIELDS));
    license.revert({ version: 1, productId: 'product-2', product_id: 'product-2', files_until: null, unknown: 1 });
    expect(license).toEqual(licenseWith(ALL_FIELDS));
  });

  it('says EXPIRED where an active license has expired, which is restored as the stored status', () => {
    const expired = licenseWith({ ...ALL_FIELDS, status: 'ACTIVE', autoRenewalEnabled: false });
    const snapshot = expired.snapshot(new Date('2028-01-01T00:00:00.000Z'));
    expect(snapshot).toEqual({ ...SNAPSHOT, auto_renewal_enabled: false, status: 'EXPIRED' });
    expired.revert(snapshot);
    expect(expired.status).toBe('ACTIVE');
  });
});
