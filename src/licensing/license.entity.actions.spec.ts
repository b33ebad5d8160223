import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import type { Template } from '../templates/index.js';
import { addDays } from './calendar.js';
import { License } from './license.entity.js';

const ISSUED = new Date('2026-01-31T12:00:00.000Z');

const template = (fields: Partial<Template> = {}) =>
  ({
    tenantId: 't',
    templateId: 'yearly',
    version: 3,
    templateName: 'Yearly',
    productId: 'p',
    licenseType: 'SUBSCRIPTION',
    licenseModel: 'PER_SEAT',
    defaultDuration: 30,
    gracePeriodDays: 10,
    autoRenewalEnabled: false,
    maxActivations: 5,
    features: [],
    restrictions: [],
    pricing: {},
    trialAllowed: true,
    trialDurationDays: 14,
    ...fields,
  }) as Template;

const issue = (fields: Partial<Template> = {}, { trial = false } = {}) =>
  License.issue(
    template(fields),
    { license_template_id: 'yearly', customer_id: 'c', metadata: {}, trial },
    undefined,
    ISSUED,
  );
const day = (days: number) => addDays(ISSUED, days);
const at = (iso: string) => new Date(iso);
const code = (errorCode: string) => expect.objectContaining({ options: { errorCode } });

describe('a renewal', () => {
  it.each([
    ['before the expiry counts from the expiry', 10, {}, day(60)],
    ['on the very expiry counts from it', 30, {}, day(60)],
    ['within grace counts from now', 35, {}, day(65)],
    ['long after grace counts from now, and never ends in the past', 1000, { days: 7 }, day(1007)],
    ['by a month from 2 March ends on 2 April', 0, { months: 1 }, at('2026-04-02T12:00:00.000Z')],
    ['by twelve months ends on the same day', 0, { months: 12 }, at('2027-03-02T12:00:00.000Z')],
    ['from 31 March by a month ends on 30 April', 59, { months: 1 }, at('2026-04-30T12:00:00.000Z')],
  ])('%s', (_, after, term, expected) => {
    const license = issue();
    const change = license.renew(term, day(after));
    expect(license.expiryDate).toEqual(expected);
    expect(license.maintenanceExpiry).toEqual(expected);
    expect(license.statusAt(day(after))).toBe('ACTIVE');
    expect(license.version).toBe(2);
    expect(change?.after).toMatchObject({ expiry_date: expected.toISOString() });
    expect(change?.before).toMatchObject({ expiry_date: day(30).toISOString() });
  });

  it.each([
    ['monthly from 31 January', { months: 1 }, ISSUED, ['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']],
    [
      'yearly from 29 February',
      { years: 1 },
      at('2028-02-29T08:00:00.000Z'),
      ['2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29'],
    ],
    ['yearly from 28 February', { years: 1 }, at('2027-02-28T08:00:00.000Z'), ['2028-02-28', '2029-02-28']],
    ['by three days', { days: 3 }, ISSUED, ['2026-02-03', '2026-02-06']],
  ])('by terms of its own, %s, does not drift, by hand or automatically', (_, term, issued, expected) => {
    const days = 'days' in term ? term.days : null;
    const terms = template({
      defaultDuration: days,
      defaultTerm: days === null ? term : null,
      autoRenewalEnabled: true,
    });
    const order = { license_template_id: 'yearly', customer_id: 'c', metadata: {} };
    const byHand = License.issue(terms, order, undefined, issued);
    const automatic = License.issue(terms, order, undefined, issued);
    expect(automatic.expiryDate).toEqual(byHand.expiryDate);
    const ends = expected.map(() => {
      const end = byHand.expiryDate ?? ISSUED;
      // An hour before the end, the automatic renewal counts already, and is stored at every second term only.
      expect(automatic.expiryAt(new Date(end.getTime() - 3_600_001))).toEqual(end);
      const renewed = automatic.expiryAt(new Date(end.getTime() - 3_600_000));
      if (end.getUTCDate() % 2) automatic.applyAutoRenewal(new Date(end.getTime() - 3_600_000));
      byHand.renew({}, issued);
      expect(renewed).toEqual(byHand.expiryDate);
      expect(automatic.anchorDayAt(new Date(end.getTime() - 3_600_000))).toBe(byHand.anchorDayAt(issued));
      return end.toISOString().slice(0, 10);
    });
    expect(ends).toEqual(expected);
  });

  const until = (iso: string) => Object.assign(issue(), { expiryDate: at(iso), maintenanceExpiry: at(iso) });
  const monthly = (license: License, times: number, months = 1) =>
    Array.from({ length: times }, () => {
      license.renew({ months }, ISSUED);
      return license.expiryDate?.toISOString().slice(0, 10);
    });

  it('by months returns to the day that the license began with', () => {
    const license = until('2027-01-31T12:00:00.000Z');
    expect(license.renew({ months: 1 }, ISSUED)).toMatchObject({
      before: { anchor_day: null },
      after: { anchor_day: 31 },
    });
    expect(license.anchorDayAt(ISSUED)).toBe(31);
    expect(monthly(license, 4)).toEqual(['2027-03-31', '2027-04-30', '2027-05-31', '2027-06-30']);
    expect(monthly(until('2028-02-29T12:00:00.000Z'), 4, 12).at(-1)).toBe('2032-02-29');
  });

  it('of some months and then of others is one of all of them', () => {
    const start = fc.date({ min: day(1), max: at('2090-01-01T00:00:00.000Z'), noInvalidDate: true });
    fc.assert(
      fc.property(
        start,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        (expiryDate, parts) => {
          const [one, other] = [Object.assign(issue(), { expiryDate }), Object.assign(issue(), { expiryDate })];
          for (const months of parts) one.renew({ months }, ISSUED);
          other.renew({ months: parts.reduce((sum, months) => sum + months) }, ISSUED);
          expect([one.expiryDate, one.anchorDay]).toEqual([other.expiryDate, other.anchorDay]);
        },
      ),
    );
  });

  it('begins with a new day after a correction, days, a lapse, and a release that did not know of it', () => {
    const clamped = () => {
      const license = until('2027-01-31T12:00:00.000Z');
      license.renew({ months: 1 }, ISSUED);
      return license;
    };
    const corrected = clamped();
    expect(corrected.edit({ expiry_date: '2027-02-28T12:00:00.000Z' }, ISSUED)?.after).toEqual({ anchor_day: null });
    expect(monthly(corrected, 2)).toEqual(['2027-03-28', '2027-04-28']);
    const byDays = clamped();
    byDays.renew({ days: 2 }, ISSUED);
    expect(monthly(byDays, 1)).toEqual(['2027-04-02']);
    const lapsed = clamped();
    lapsed.renew({ months: 1 }, at('2027-05-28T12:00:00.000Z'));
    expect(lapsed.expiryDate).toEqual(at('2027-06-28T12:00:00.000Z'));
    const moved = Object.assign(clamped(), { expiryDate: at('2027-02-10T12:00:00.000Z') });
    expect(moved.anchorDayAt(ISSUED)).toBeNull();
    expect(monthly(moved, 1)).toEqual(['2027-03-10']);
    const retemplated = clamped();
    retemplated.changeTemplate(template({ maxActivations: 7 }), ISSUED);
    expect(monthly(retemplated, 1)).toEqual(['2027-03-31']);
  });

  it('says that the license was EXPIRED before', () => {
    expect(issue().renew({}, day(99))).toMatchObject({ before: { status: 'EXPIRED' }, after: { status: 'ACTIVE' } });
  });

  it('does not end a suspension, also of a license that expired in it', () => {
    const license = issue();
    license.suspend(day(1));
    license.renew({}, day(50));
    expect([license.status, license.expiryDate]).toEqual(['SUSPENDED', day(80)]);
    license.reinstate(day(51));
    expect(license.statusAt(day(51))).toBe('ACTIVE');
  });

  it('is refused where there is no expiry, whatever is asked for', () => {
    const perpetual = issue({ licenseType: 'PERPETUAL', defaultDuration: null });
    for (const term of [{}, { months: 1 }, { days: 1 }]) {
      expect(() => perpetual.renew(term, day(1))).toThrow(code('LICENSE_NEVER_EXPIRES'));
    }
  });

  it('never leads past the year 9999, grace included', () => {
    const license = issue();
    license.expiryDate = at('9999-12-01T00:00:00.000Z');
    expect(() => license.renew({ days: 21 }, day(1))).toThrow(code('EXPIRY_TOO_FAR'));
    license.expiryDate = at('9999-12-01T00:00:00.000Z');
    license.renew({ days: 20 }, day(1));
    expect(license.graceEndsAt(day(1))).toEqual(at('9999-12-31T00:00:00.000Z'));
  });
});

describe('a trial', () => {
  it('ends after its days, without grace, and is extended by what is named and stays a trial', () => {
    const trial = issue({}, { trial: true });
    expect([trial.expiryDate, trial.graceEndsAt(day(1))]).toEqual([day(14), day(14)]);
    expect(() => trial.renew({}, day(1))).toThrow(code('VALIDATION_FAILED'));
    trial.renew({ days: 7 }, day(1));
    expect([trial.trial, trial.expiryDate]).toEqual([true, day(21)]);
  });

  it.each([5, 14, 400])('that is converted after %d days begins its term then', (days) => {
    const trial = issue({}, { trial: true });
    const change = trial.convertTrial(day(days));
    expect([trial.trial, trial.expiryDate, trial.graceEndsAt(day(days))]).toEqual([
      false,
      day(days + 30),
      day(days + 40),
    ]);
    expect(change).toMatchObject({ before: { trial: true }, after: { trial: false } });
    expect([trial.trialCustomerId, trial.trialProductId]).toEqual(['c', 'p']);
    expect(() => trial.convertTrial(day(days))).toThrow(code('LICENSE_NOT_TRIAL'));
  });

  it.each(['TRIAL', 'EVALUATION'] as const)(
    'is what a template of type %s gives, of its own duration',
    (licenseType) => {
      for (const trial of [true, false]) {
        const license = issue({ licenseType, trialAllowed: false, gracePeriodDays: 10 }, { trial });
        expect(license).toMatchObject({ trial: true, expiryDate: day(30), trialCustomerId: 'c', trialProductId: 'p' });
        expect(license.graceEndsAt(day(1))).toEqual(day(30));
        expect(() => license.transfer('d', 'D', day(1))).toThrow(code('LICENSE_IS_TRIAL'));
        expect(() => license.changeTemplate(template(), day(1))).toThrow(code('LICENSE_IS_TRIAL'));
      }
      expect(issue({ licenseType, defaultDuration: null }).expiryDate).toEqual(day(14));
    },
  );

  it('of a trial type is converted by the terms of a full template', () => {
    const trial = issue({ licenseType: 'TRIAL' });
    expect(() => trial.convertTrial(day(1))).toThrow(code('VALIDATION_FAILED'));
    expect(() => trial.convertTrial(day(1), template({ licenseType: 'EVALUATION' }))).toThrow(
      code('TEMPLATE_IS_TRIAL'),
    );
    expect(() => trial.convertTrial(day(1), template({ productId: 'q' }))).toThrow(code('TEMPLATE_PRODUCT_MISMATCH'));
    const license = issue({ licenseType: 'TRIAL' });
    license.convertTrial(day(1), template({ defaultDuration: 365 }));
    expect(license).toMatchObject({ trial: false, licenseType: 'SUBSCRIPTION', expiryDate: day(366) });
    expect(license.graceEndsAt(day(1))).toEqual(day(376));
  });

  it('of a trial type that was issued as a full license can be converted too', () => {
    const license = Object.assign(issue({ licenseType: 'TRIAL' }), { trial: false });
    license.convertTrial(day(1), template());
    expect(license.licenseType).toBe('SUBSCRIPTION');
  });

  it('of a perpetual license never expires once it is converted', () => {
    const trial = issue({ licenseType: 'PERPETUAL', defaultDuration: null }, { trial: true });
    trial.convertTrial(day(3));
    expect([trial.expiryDate, trial.nextDueAt]).toEqual([null, null]);
  });

  it('goes to nobody else and takes no other terms', () => {
    const trial = issue({}, { trial: true });
    expect(() => trial.transfer('d', 'D', day(1))).toThrow(code('LICENSE_IS_TRIAL'));
    expect(() => trial.changeTemplate(template(), day(1))).toThrow(code('LICENSE_IS_TRIAL'));
  });
});

describe('another template', () => {
  const bigger = (fields: Partial<Template> = {}) =>
    template({ templateId: 'bigger', version: 8, maxActivations: 50, defaultDuration: 365, ...fields });

  it('gives its terms and keeps key, id, customer and the time that was paid for', () => {
    const license = issue();
    const before = Object.assign(new License(), license);
    license.changeTemplate(bigger(), day(1));
    expect(license).toMatchObject({
      templateId: 'bigger',
      templateVersion: 8,
      maxActivations: 50,
      defaultDuration: 365,
    });
    for (const kept of ['licenseId', 'customerId', 'issuedTo', 'expiryDate', 'productId', 'issuedDate'] as const) {
      expect(license[kept]).toEqual(before[kept]);
    }
  });

  it.each([
    ['FROM_NOW', day(10), day(375)],
    ['FROM_EXPIRY', day(10), day(395)],
    // The term has ended, and the new one begins now.
    ['FROM_EXPIRY', day(40), day(405)],
  ] as const)('gives a new term %s where that is asked for', (newTerm, now, expected) => {
    const license = issue();
    license.changeTemplate(bigger(), now, { newTerm });
    expect(license.expiryDate).toEqual(expected);
    expect(license.maintenanceExpiry).toEqual(expected);
    expect(license.statusAt(now)).toBe('ACTIVE');
    license.changeTemplate(bigger({ defaultDuration: null }), now, { newTerm });
    expect(license.expiryDate).toBeNull();
  });

  it('without a duration ends the expiry, and one with a duration begins it', () => {
    const license = issue();
    license.changeTemplate(bigger({ defaultDuration: null }), day(1));
    expect(license.expiryDate).toBeNull();
    license.changeTemplate(bigger(), day(2));
    expect(license.expiryDate).toEqual(day(367));
  });

  it('shares nothing with the license that could be changed in place', () => {
    const features = [{ feature_id: 'a', limit: { value: 1 } }] as unknown as Template['features'];
    const license = issue();
    license.changeTemplate(bigger({ features }), day(1));
    expect(() => features.pop()).toThrow(TypeError);
    expect(() => Object.assign(features[0] as object, { feature_id: 'b' })).toThrow(TypeError);
    expect(license.features).toEqual([{ feature_id: 'a', limit: { value: 1 } }]);
  });

  it('of another product is refused', () => {
    expect(() => issue().changeTemplate(bigger({ productId: 'q' }), day(1))).toThrow(code('TEMPLATE_PRODUCT_MISMATCH'));
  });
});

describe('an edit', () => {
  it('that changes nothing is no change', () => {
    const license = issue();
    expect(license.edit({ max_activations: 5 }, day(1))).toBeUndefined();
    expect(license.version).toBe(1);
  });

  it('corrects the expiry to a time to come, of what has not expired', () => {
    const license = issue();
    license.edit({ expiry_date: day(3).toISOString() }, day(1));
    expect([license.expiryDate, license.maintenanceExpiry]).toEqual([day(3), day(3)]);
    expect(() => license.edit({ expiry_date: day(1).toISOString() }, day(2))).toThrow(code('VALIDATION_FAILED'));
    expect(() => license.edit({ expiry_date: day(9).toISOString() }, day(4))).toThrow(code('LICENSE_STATE'));
  });
});

describe('a license of which a license file is out', () => {
  const lent = (license: License, days: number) => {
    license.recordFile(day(days));
    return license;
  };
  const correct = (license: License, days: number) =>
    license.edit({ expiry_date: day(days).toISOString() }, day(1))?.after.expiry_date;

  it('does not end before the file does, and may end with it or later', () => {
    const license = lent(issue(), 20);
    expect(() => correct(license, 19)).toThrow(code('LICENSE_FILE_OUTSTANDING'));
    expect(correct(license, 20)).toBe(day(20).toISOString());
    expect(correct(license, 90)).toBe(day(90).toISOString());
  });

  it('goes by the file that is good longest', () => {
    const license = lent(lent(issue(), 20), 10);
    expect(() => correct(license, 15)).toThrow(code('LICENSE_FILE_OUTSTANDING'));
  });

  it('gets no term that begins now and ends earlier, by another template or as a full license', () => {
    const perpetual = lent(issue({ licenseType: 'PERPETUAL', defaultDuration: null }), 300);
    expect(() => perpetual.changeTemplate(template(), day(1))).toThrow(code('LICENSE_FILE_OUTSTANDING'));
    const trial = lent(issue({ trialDurationDays: 60 }, { trial: true }), 60);
    expect(() => trial.convertTrial(day(1))).toThrow(code('LICENSE_FILE_OUTSTANDING'));
  });

  it('is free again when the file has ended', () => {
    expect(correct(lent(issue(), 0), 2)).toBe(day(2).toISOString());
  });

  it('may do all that does not end it earlier, also where a file outlives it since an earlier release', () => {
    const outlived = () => lent(issue({ autoRenewalEnabled: true }), 300);
    expect(outlived().renew({ days: 1 }, day(1))?.after.expiry_date).toBe(day(31).toISOString());
    expect(outlived().applyAutoRenewal(day(30))?.after.expiry_date).toBe(day(60).toISOString());
    expect(outlived().changeTemplate(template({ templateId: 'other' }), day(1))?.after.template_id).toBe('other');
    expect(outlived().revoke(day(1))?.after.status).toBe('REVOKED');
  });
});

describe('what has expired', () => {
  const refused = expect.objectContaining({
    message: expect.stringMatching(/EXPIRED|IN_GRACE/),
    options: { errorCode: 'LICENSE_STATE' },
  });

  it.each([35, 700])('does not come to life %d days later by an edit or a template that would renew it', (at) => {
    expect(() => issue().edit({ auto_renewal_enabled: true }, day(at))).toThrow(refused);
    expect(() => issue().changeTemplate(template({ autoRenewalEnabled: true }), day(at))).toThrow(refused);
  });

  it('may be set to renew itself before, with its renewal, and while it is suspended', () => {
    const before = issue();
    before.edit({ auto_renewal_enabled: true }, day(29));
    expect(before.expiryAt(day(35))).toEqual(day(60));
    const renewed = issue();
    renewed.renew({}, day(35));
    renewed.edit({ auto_renewal_enabled: true }, day(35));
    expect(renewed.expiryAt(day(70))).toEqual(day(95));
    const suspended = issue();
    suspended.suspend(day(1));
    suspended.edit({ auto_renewal_enabled: true }, day(35));
    expect([suspended.statusAt(day(35)), suspended.expiryAt(day(35))]).toEqual(['SUSPENDED', day(30)]);
  });

  it('begins to renew itself as the full license that a trial becomes', () => {
    const trial = issue({ autoRenewalEnabled: true }, { trial: true });
    trial.convertTrial(day(20));
    expect([trial.autoRenews, trial.expiryDate]).toEqual([true, day(50)]);
  });
});

describe('another template', () => {
  it('says which edits it replaced, and of those alone that differ', () => {
    const license = issue({ maxActivations: 5, gracePeriodDays: 10 });
    license.edit({ max_activations: 50, grace_period_days: 60, auto_renewal_enabled: true }, day(1));
    const next = template({ maxActivations: 9, gracePeriodDays: 60, autoRenewalEnabled: false });
    expect(license.changeTemplate(next, day(2))?.replaced).toEqual({
      max_activations: { before: 50, after: 9 },
      auto_renewal_enabled: { before: true, after: false },
    });
    expect(license.editedTerms).toEqual([]);
    expect(license.changeTemplate(template({ maxActivations: 7 }), day(3))?.replaced).toEqual({});
  });

  it('makes no trial of a full license', () => {
    expect(() => issue().changeTemplate(template({ licenseType: 'TRIAL' }), day(1))).toThrow(code('TEMPLATE_IS_TRIAL'));
  });
});
