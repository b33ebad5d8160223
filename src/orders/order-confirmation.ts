import type { OrderConfirmation } from '../notifications/index.js';
import { minorUnitDigits } from './currency.js';

/** Line of an order, as the e-mail shows it. */
interface ConfirmedLine {
  readonly kind: 'ISSUE' | 'RENEW' | 'CHANGE_TEMPLATE';
  readonly license_template_id: string | null;
  readonly license_id: string | null;
  readonly quantity: number;
  readonly amount: number;
}

/** Order with what its confirmation says. */
interface ConfirmedOrder {
  readonly customer_id: string;
  readonly external_id: string | null;
  readonly created_at: string;
  readonly total_amount: number;
  readonly currency: string;
  readonly lines: readonly ConfirmedLine[];
}

/** Reads names of templates, and of the products of licenses. */
interface Names {
  templateName(templateId: string): Promise<string>;
  productName(licenseId: string): Promise<string>;
}

const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** Returns the recipient and the values of the e-mail that confirms an order. */
export async function confirmationOf(order: ConfirmedOrder, names: Names): Promise<OrderConfirmation> {
  const { customer_id, external_id, created_at, total_amount, currency, lines } = order;
  return {
    customer_id,
    variables: {
      ...(external_id !== null && { order_number: external_id }),
      order_date: DATE.format(new Date(created_at)),
      order_total: money(total_amount, currency),
      order_lines: await Promise.all(lines.map((line) => lineOf(line, currency, names))),
    },
  };
}

async function lineOf(line: ConfirmedLine, currency: string, names: Names) {
  const name =
    line.kind === 'RENEW'
      ? `Renewal: ${await names.productName(line.license_id ?? '')}`
      : await names.templateName(line.license_template_id ?? '');
  return { name, quantity: String(line.quantity), price: money(line.amount, currency) };
}

/** Returns an amount of minor units as text, such as "990.00 EUR". */
export function money(amount: number, currency: string): string {
  const digits = minorUnitDigits(currency);
  const text = String(amount).padStart(digits + 1, '0');
  return `${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`} ${currency}`;
}
