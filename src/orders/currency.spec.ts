import { expect, it } from '@jest/globals';
import { money } from './order-confirmation.js';
import { Currency } from './lines.requests.js';

it.each(['EUR', 'BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'VED', 'XCG', 'ZWG'])(
  '%s is a currency, whatever the version of Node.js knows',
  (code) => expect(Currency.safeParse(code).success).toBe(true),
);

it.each(['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'ZWL', 'XXX', 'eur', '', 'EUR USD', 'constructor'])(
  '"%s" is no currency',
  (code) => expect(Currency.safeParse(code).success).toBe(false),
);

it('an amount in a currency that was withdrawn since is still written', () => {
  expect(money(12_345, 'BGN')).toBe('123.45 BGN');
});
