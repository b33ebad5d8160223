import { expect, it } from '@jest/globals';
import type { Activation } from '../../src/activations/index.js';
import { FAILURE_CODES, toReasonResponse } from '../../src/validation/validation-codes.js';
import { evaluate, type Evidence, type EvaluationRequest } from '../../src/validation/evaluation.js';
import { License } from '../../src/licensing/license.entity.js';
import type { Restriction, Template } from '../../src/templates/index.js';

const ISSUED = new Date('2026-01-01T00:00:00.000Z');
const NOW = new Date('2026-02-01T12:00:00.000Z');
const LATER = new Date('2026-09-01T00:00:00.000Z');

const feature = { feature_name: 'F', enabled: true, expires_at: null, limit_type: 'COUNT', limit_value: null };

function licenseWith(terms: Partial<License>): License {
  const template = {
    tenantId: 't',
    templateId: 't-1',
    version: 1,
    templateName: 'T',
    productId: 'p',
    licenseType: 'SUBSCRIPTION',
    licenseModel: 'PER_SEAT',
    defaultDuration: 365,
    gracePeriodDays: 0,
    maxActivations: 3,
    overagePolicy: 'DENY',
    overageFactor: null,
    evictionPolicy: 'NONE',
    heartbeatIntervalSeconds: 60,
    heartbeatGraceSeconds: 60,
    features: [
      { ...feature, feature_id: 'limited', limit_value: 5 },
      { ...feature, feature_id: 'over', expires_at: ISSUED.toISOString() },
    ],
    restrictions: [],
    pricing: {},
  } as unknown as Template;
  const order = { license_template_id: 't-1', customer_id: 'c', metadata: {} };
  return Object.assign(License.issue(template, order, undefined, ISSUED), terms);
}

const activation = (status: string) =>
  ({ units: 1, endedAt: status === 'DEACTIVATED' ? ISSUED : null, statusAt: () => status }) as unknown as Activation;

const restrictedTo = (operator: 'ALLOW' | 'DENY', type: Restriction['restriction_type'], values: string[]) =>
  licenseWith({ restrictions: [{ restriction_type: type, operator, values }] });

const restrictions = (
  [
    ['GEOGRAPHIC', ['DE']],
    ['DOMAIN', ['example.com']],
    ['IP_RANGE', ['192.0.2.0/24']],
    ['MAC_ADDRESS', ['00:1B:44:11:3A:B7']],
    ['HARDWARE_ID', ['h']],
  ] as const
).map(([type, values]) => ({ license: restrictedTo('ALLOW', type, [...values]) }));

/** One for each text, and for each wording that it may have. */
const CASES: readonly (Partial<Evidence> & { readonly request?: EvaluationRequest })[] = [
  { tenantSuspended: true },
  { license: licenseWith({ status: 'REVOKED' }) },
  { license: licenseWith({ status: 'SUSPENDED' }) },
  { license: licenseWith({ status: 'INACTIVE' as License['status'] }) },
  { license: licenseWith({ awaitedStart: {} }) },
  { license: licenseWith({ startsAt: new Date('2027-01-01T00:00:00.000Z') }) },
  { license: licenseWith({ expiryDate: ISSUED }) },
  { request: { fingerprint: 'd', product_id: 'other' } },
  {
    request: { fingerprint: 'd', released_at: '2028-01-01T00:00:00Z' },
    license: licenseWith({ maintenanceExpiry: LATER }),
  },
  { request: { fingerprint: 'd', client_time: '2026-02-01T13:00:00Z' } },
  ...restrictions,
  { license: restrictedTo('ALLOW', 'GEOGRAPHIC', ['DE']), context: { now: NOW, country: 'FR' } },
  { license: restrictedTo('DENY', 'GEOGRAPHIC', ['FR']), context: { now: NOW, country: 'FR' } },
  { license: restrictedTo('ALLOW', 'TIME_BASED', ['Mon-Fri 08:00-10:00 UTC']) },
  { request: {} },
  { license: licenseWith({ currentActivations: 3 }), release: { deactivateCount: 1 } },
  { license: licenseWith({ currentActivations: 5 }), release: { deactivateCount: 3 } },
  { license: licenseWith({ currentActivations: 3 }), release: { deactivateCount: 0, heldUntil: LATER } },
  { license: licenseWith({ currentActivations: 3 }), release: { deactivateCount: 2, heldUntil: LATER } },
  { license: licenseWith({ currentActivations: 3 }), release: {} },
  {
    license: licenseWith({ currentActivations: 4, overagePolicy: 'ALLOW', overageFactor: 1.5 }),
    release: { deactivateCount: 1 },
  },
  { activation: activation('DEACTIVATED'), isBlocked: true },
  { activation: activation('EXPIRED') },
  { activation: activation('DEACTIVATED') },
  { license: licenseWith({ currentActivations: 1 }) },
  { request: { fingerprint: 'd', features: ['none', 'over', 'limited'] }, usage: new Map([['limited', 5]]) },
];

it('the texts of validation reasons are all in one list to be reviewed, with the next step', () => {
  const reasons = CASES.flatMap(({ request = { fingerprint: 'd' }, ...evidence }) =>
    evaluate(request, {
      license: licenseWith({}),
      tenantSuspended: false,
      activation: undefined,
      isBlocked: false,
      usage: new Map(),
      context: { now: NOW },
      ...evidence,
    }),
  );
  // These two have no license to be evaluated.
  const codes = FAILURE_CODES.filter((code) => code !== 'NOT_FOUND' && code !== 'KEY_REPLACED');
  expect(codes.filter((code) => !reasons.some((reason) => reason.code === code))).toEqual([]);
  const lines = reasons.map((reason) => {
    const { code, detail, next } = toReasonResponse(reason);
    expect(detail).toMatch(/^["A-Z`][^\n]*\.$/);
    return `${code}: ${detail} [${[next.action, next.count && `count ${next.count}`, next.after].filter(Boolean).join(', ')}]`;
  });
  expect([...new Set(lines)].sort().join('\n')).toMatchSnapshot();
});
