import { describe, expect, it } from '@jest/globals';
import { holdingPeriods, type Transfer } from './holding-periods.js';

const day = (n: number) => new Date(Date.UTC(2027, 0, n));
const transfer = (n: number, from: string, to: string): Transfer => ({
  licenseId: 'l',
  eventId: `transfer-${n}`,
  at: day(n),
  from,
  to,
});
const periods = (transfers: Transfer[], holder: string, customer: string) =>
  holdingPeriods({ licenseId: 'l', customerId: holder }, transfers, customer);

describe('the periods in which a customer held a license', () => {
  it('are all of its life where it was never transferred', () => {
    expect(periods([], 'a', 'a')).toEqual([
      { licenseId: 'l', since: null, until: null, receivedBy: null, givenAwayBy: null },
    ]);
    expect(periods([], 'b', 'a')).toEqual([]);
  });

  it('end and begin with the transfers, also where the license came back', () => {
    const transfers = [transfer(1, 'a', 'b'), transfer(2, 'b', 'c'), transfer(3, 'c', 'a')];
    expect(periods(transfers, 'a', 'a')).toEqual([
      { licenseId: 'l', since: null, until: day(1), receivedBy: null, givenAwayBy: 'transfer-1' },
      { licenseId: 'l', since: day(3), until: null, receivedBy: 'transfer-3', givenAwayBy: null },
    ]);
    expect(periods(transfers, 'a', 'b')).toEqual([
      { licenseId: 'l', since: day(1), until: day(2), receivedBy: 'transfer-1', givenAwayBy: 'transfer-2' },
    ]);
  });
});
