import { expect, it } from '@jest/globals';
import { confirmationOf, money } from './order-confirmation.js';

it.each([
  [0, 'EUR', '0.00 EUR'],
  [5, 'EUR', '0.05 EUR'],
  [99_000, 'USD', '990.00 USD'],
  [99_000, 'JPY', '99000 JPY'],
  [1_234, 'KWD', '1.234 KWD'],
  [123_456, 'HUF', '1234.56 HUF'],
  [1_234, 'IQD', '1.234 IQD'],
  [1_234, 'UGX', '1234 UGX'],
  [12_345, 'CLF', '1.2345 CLF'],
  [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91 EUR'],
])('%d minor units of %s are written exactly', (amount, currency, text) => {
  expect(money(amount, currency)).toBe(text);
});

it('an order is confirmed with the names of what was bought', async () => {
  const names = {
    templateName: (id: string) => Promise.resolve(`Template ${id}`),
    productName: (id: string) => Promise.resolve(`Product of ${id}`),
  };
  const line = { license_template_id: null, license_id: null, quantity: 1, amount: 50 };
  const order = {
    customer_id: 'c',
    external_id: null,
    created_at: '2026-11-29T23:30:00.000Z',
    total_amount: 150,
    currency: 'EUR',
    lines: [
      { ...line, kind: 'ISSUE' as const, license_template_id: 't', quantity: 2, amount: 100 },
      { ...line, kind: 'RENEW' as const, license_id: 'l' },
    ],
  };
  const email = await confirmationOf(order, names);
  expect(email).toEqual({
    customer_id: 'c',
    variables: {
      order_date: 'November 29, 2026',
      order_total: '1.50 EUR',
      order_lines: [
        { name: 'Template t', quantity: '2', price: '1.00 EUR' },
        { name: 'Renewal: Product of l', quantity: '1', price: '0.50 EUR' },
      ],
    },
  });
  expect((await confirmationOf({ ...order, external_id: 'SO-1' }, names)).variables.order_number).toBe('SO-1');
});
